// A strip of pictures that are buttons, see `view.pages`. A click sends the key of one. Names never become HTML.
function show() {
  const items = props.value || [];
  element.firstElementChild.replaceChildren(...items.map((item) => {
    const button = document.createElement('button'), image = document.createElement('img');
    const name = document.createElement('span');
    button.type = 'button';
    button.setAttribute('aria-pressed', item.shown);
    [image.src, image.alt, name.textContent, button.title] = [item.picture, '', item.name, item.name];
    button.append(image, name);
    button.onclick = () => trigger('select', {key: item.key});
    return button;
  }));
}
watch('value', show);
show();
