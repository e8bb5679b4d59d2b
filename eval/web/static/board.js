// The board: shows the line art and the result, and sends what the artist does there. Gradio gives `element`,
// `trigger`, `props` and `watch`. What the server shows comes in `props.value`, see `view.board` in eval/web/view.py.
const find = (selector) => element.querySelector(selector);
const panes = [find('.before'), find('.after')];
const PANEL_TOOLS = ['choose', 'merge', 'across', 'down'];
const PATIENCE = 15000;  // milliseconds after which an answer that did not come is no longer waited for
const layers = {};  // name: canvas of the size of the shown picture
let shown = null, zoom = 1, left = 0, top_ = 0;  // zoom is relative to the fitted size; left and top in picture pixels
let cross = null, stroke = null, waiting = [], busy = 0;

const tool = () => find('input[name="tool"]:checked').value;
const color = () => find('.color').value;
const radius = () => Number(find('.size').value);
const note = (text) => { find('.note').textContent = text; };

// --- the picture -----------------------------------------------------------------------------------------------------
function load(source) {
  return new Promise((done, failed) => {
    const image = new Image();
    image.onload = () => {
      const canvas = document.createElement('canvas');
      [canvas.width, canvas.height] = [image.width, image.height];
      canvas.getContext('2d', {willReadFrequently: true}).drawImage(image, 0, 0);
      done(canvas);
    };
    image.onerror = failed;
    image.src = source;
  });
}

function joined(names) {  // layers over each other, the lines multiplied
  const canvas = document.createElement('canvas'), context = canvas.getContext('2d', {willReadFrequently: true});
  [canvas.width, canvas.height] = [layers.lines.width, layers.lines.height];
  names.forEach((name) => {
    context.globalCompositeOperation = name === 'lines' && names[0] === 'colors' ? 'multiply' : 'source-over';
    context.drawImage(layers[name], 0, 0);
  });
  return canvas;
}

async function show(value) {
  if (shown && value && value.serial < shown.serial) return;
  if (!value || !value.page) {
    shown = null;
    waiting = [];
    busy = 0;
    if (value) note(value.note);
    panes.forEach((pane) => pane.getContext('2d').clearRect(0, 0, pane.width, pane.height));
    element.removeAttribute('data-page');
    return;
  }
  const loaded = await Promise.all(['lines', 'colors', 'hints'].map((name) => load(value[name])));
  if (props.value.serial > value.serial) return;
  [layers.lines, layers.colors, layers.hints] = loaded;
  layers.result = joined(['colors', 'lines']);
  const is_new = !shown || shown.page !== value.page || shown.width !== value.width;
  shown = value;
  if (is_new) fit();
  busy = 0;
  palette();
  draw();
  Object.assign(element.dataset, {page: value.page, serial: value.serial});
  note(value.note);
  send();
}

// --- the view --------------------------------------------------------------------------------------------------------
function scale(pane) {  // screen pixels of the pane for a pixel of the picture
  return zoom * Math.min(pane.width / layers.lines.width, pane.height / layers.lines.height);
}

function fit() {
  [zoom, left, top_] = [1, 0, 0];
  cross = {x: shown.width / 2, y: shown.height / 2};
}

function origin(pane) {  // where the picture's corner lies in the pane
  const size = scale(pane);
  return [(pane.width - layers.lines.width * size) / 2 - left * size,
    (pane.height - layers.lines.height * size) / 2 - top_ * size];
}

function draw() {
  panes.forEach((pane, k) => {
    const ratio = window.devicePixelRatio || 1;
    pane.width = Math.round(pane.clientWidth * ratio);
    pane.height = Math.round(pane.clientHeight * ratio);
    if (!shown || !pane.width) return;
    const context = pane.getContext('2d', {willReadFrequently: true}), size = scale(pane), [x, y] = origin(pane);
    const {width, height} = layers.lines;
    [context.imageSmoothingEnabled, context.imageSmoothingQuality] = [size < 2, 'high'];
    const paint = (layer) => context.drawImage(layer, x, y, width * size, height * size);
    if (k === 0) {
      paint(layers.lines);
      paint(layers.hints);
    } else {
      paint(layers.result);
      const share = Number(find('.wipe').value) / 100;
      if (share) {
        context.save();
        context.beginPath();
        context.rect(x, y, width * size * share, height * size);
        context.clip();
        paint(layers.lines);
        context.restore();
      }
    }
    const place = (point) => [x + point[0] * shown.scale * size, y + point[1] * shown.scale * size];
    shown.panels.forEach((polygon, number) => {
      if (shown.panels.length < 2 && !PANEL_TOOLS.includes(tool())) return;
      context.beginPath();
      polygon.forEach((point) => context.lineTo(...place(point)));
      context.closePath();
      context.lineWidth = (number === shown.panel ? 3 : 1) * ratio;
      context.strokeStyle = number === shown.panel ? '#1d4ed8' : '#64748b';
      context.stroke();
    });
    [...waiting, ...(stroke ? [stroke] : [])].forEach((one) => {
      if (!one.points) return;
      context.beginPath();
      one.points.forEach((point) => context.lineTo(...place(point)));
      context.lineCap = context.lineJoin = 'round';
      context.lineWidth = 2 * one.radius * shown.scale * size;
      context.strokeStyle = one.color || '#ffffff';
      context.stroke();
    });
    if (document.activeElement === pane && cross) {
      const [a, b] = place([cross.x, cross.y]);
      context.beginPath();
      context.moveTo(a - 12, b); context.lineTo(a + 12, b); context.moveTo(a, b - 12); context.lineTo(a, b + 12);
      context.lineWidth = 2;
      context.strokeStyle = '#b91c1c';
      context.stroke();
    }
  });
}

function zoom_by(factor) {
  if (!shown) return;
  zoom = Math.min(32, Math.max(1, zoom * factor));
  if (zoom === 1) [left, top_] = [0, 0];
  draw();
}

// --- what the artist does --------------------------------------------------------------------------------------------
function place_of(event, pane) {  // pixel of the drawing under the pointer, and whether it lies in the page
  const box = pane.getBoundingClientRect(), size = scale(pane), [x, y] = origin(pane);
  const ratio = pane.width / box.width;
  return {x: ((event.clientX - box.left) * ratio - x) / size / shown.scale,
    y: ((event.clientY - box.top) * ratio - y) / size / shown.scale};
}

const inside = ({x, y}) => x >= 0 && y >= 0 && x < shown.width && y < shown.height;

function use(at, pane) {  // a tool that acts at one place
  if (!inside(at)) return;
  if (tool() === 'pick') {
    const [x, y] = [Math.floor(at.x * shown.scale), Math.floor(at.y * shown.scale)];
    const from = pane === panes[1] ? layers.colors : layers.hints;
    const level = from.getContext('2d').getImageData(x, y, 1, 1).data;
    const digits = [...level.slice(0, 3)].map((one) => one.toString(16).padStart(2, '0'));
    if (level[3]) find('.color').value = `#${digits.join('')}`;
  } else if (PANEL_TOOLS.includes(tool())) {
    act({kind: tool(), x: at.x, y: at.y});
  } else if (tool() === 'fill') {
    act({kind: 'fill', x: at.x, y: at.y, color: color()});
  } else if (tool() === 'brush' || tool() === 'erase') {
    act({kind: 'stroke', points: [[at.x, at.y]], radius: radius(), color: tool() === 'brush' ? color() : null});
  }
}

function act(action) {
  if (!shown) return;
  waiting.push(action);
  draw();
  send();
}

function send() {  // all that waits at a time, so that quick strokes do not pile up
  if (!shown || !waiting.length || (busy && Date.now() - busy < PATIENCE)) return;
  busy = Date.now();
  note('Coloring …');
  trigger('act', {page: shown.page, actions: waiting.splice(0)});
}

panes.forEach((pane) => {
  let held = null;
  pane.addEventListener('pointerdown', (event) => {
    if (!shown) return;
    pane.focus({preventScroll: true});
    pane.setPointerCapture(event.pointerId);
    const at = place_of(event, pane);
    cross = at;
    if (tool() === 'move' || event.button === 1) {
      held = {x: event.clientX, y: event.clientY, left, top_};
    } else if (tool() === 'brush' || tool() === 'erase') {
      stroke = {kind: 'stroke', points: [[at.x, at.y]], radius: radius(), color: tool() === 'brush' ? color() : null};
      draw();
    } else {
      use(at, pane);
    }
  });
  pane.addEventListener('pointermove', (event) => {
    if (held) {
      const size = scale(pane) / (pane.width / pane.getBoundingClientRect().width);
      left = held.left - (event.clientX - held.x) / size;
      top_ = held.top_ - (event.clientY - held.y) / size;
      draw();
    } else if (stroke) {
      const at = place_of(event, pane);
      stroke.points.push([at.x, at.y]);
      draw();
    }
  });
  const end = () => {
    const done = stroke;
    held = stroke = null;
    if (done) act(done);
  };
  pane.addEventListener('pointerup', end);
  pane.addEventListener('pointercancel', end);
  pane.addEventListener('wheel', (event) => {
    if (!shown || !event.ctrlKey && document.activeElement !== pane) return;  // else the page scrolls
    event.preventDefault();
    zoom_by(event.deltaY < 0 ? 1.2 : 1 / 1.2);
  }, {passive: false});
  pane.addEventListener('keydown', (event) => {
    if (!shown) return;
    const step = event.shiftKey ? 50 : 5;
    const moves = {ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step]};
    if (moves[event.key]) {
      cross = {x: Math.min(shown.width - 1, Math.max(0, cross.x + moves[event.key][0])),
        y: Math.min(shown.height - 1, Math.max(0, cross.y + moves[event.key][1]))};
      draw();
    } else if (event.key === 'Enter' || event.key === ' ') {
      use(cross, pane);
    } else if (event.key === '+' || event.key === '-') {
      zoom_by(event.key === '+' ? 1.5 : 1 / 1.5);
    } else {
      return;
    }
    event.preventDefault();
  });
  pane.addEventListener('focus', draw);
  pane.addEventListener('blur', draw);
});

// --- colors and buttons ----------------------------------------------------------------------------------------------
function palette() {
  find('.palette').replaceChildren(...shown.palette.map((one) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.style.background = one;
    button.setAttribute('aria-label', `Color ${one}`);
    button.title = one;
    button.onclick = () => { find('.color').value = one; };
    return button;
  }));
}

find('.keep').onclick = () => act({kind: 'keep', color: color()});
find('.drop').onclick = () => act({kind: 'drop', color: color()});
find('.whole').onclick = () => act({kind: 'whole'});
find('.find').onclick = () => act({kind: 'find'});
find('.undo').onclick = () => act({kind: 'undo'});
find('.in').onclick = () => zoom_by(1.5);
find('.out').onclick = () => zoom_by(1 / 1.5);
find('.fit').onclick = () => { if (shown) { fit(); draw(); } };
find('.wipe').oninput = draw;
const beside = () => { panes[0].parentElement.hidden = !find('.beside').checked; draw(); };
find('.beside').onchange = beside;
if (window.innerWidth < 700) find('.beside').checked = false;
beside();
element.querySelectorAll('input[name="tool"]').forEach((radio) => { radio.onchange = draw; });
new ResizeObserver(draw).observe(find('.panes'));
watch('value', () => show(props.value));
if (props.value) show(props.value);
