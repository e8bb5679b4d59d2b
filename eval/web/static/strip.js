// The chapter: a thumbnail of each page, which shows the page when it is clicked. Names never become HTML.
function show() {
  const pages = props.value || [];
  element.firstElementChild.replaceChildren(...pages.map((page) => {
    const button = document.createElement('button'), image = document.createElement('img');
    const name = document.createElement('span');
    button.type = 'button';
    button.setAttribute('aria-pressed', page.shown);
    [image.src, image.alt, name.textContent, button.title] = [page.picture, '', page.name, page.name];
    button.append(image, name);
    button.onclick = () => trigger('select', {page: page.name});
    return button;
  }));
}
watch('value', show);
show();
