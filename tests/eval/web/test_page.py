"""The page in a real browser, Chromium without a window."""

import base64
import pathlib
import shutil
import socket

import pytest

from tests import files
from tests.eval.stand_in import StandIn, pixels
from tests.eval.web.conftest import draw

pytest.importorskip('gradio', reason='gradio is not installed: requirements-web.txt')
playwright = pytest.importorskip('playwright.sync_api', reason='playwright is not installed: requirements-web.txt')

from eval.web import server  # noqa: E402

BLUE = [10, 128, 255]
_SECONDS = 60_000  # milliseconds to wait at most
_READY = "document.querySelector('#board [data-page]')?.dataset.serial"
_DROP = '''([content, name]) => {
  const bytes = Uint8Array.from(atob(content), (one) => one.charCodeAt(0)), data = new DataTransfer();
  data.items.add(new File([bytes], name, {type: 'image/png'}));
  const target = document.querySelector('#upload button[aria-dropeffect]');
  for (const type of ['dragenter', 'dragover', 'drop'])
    target.dispatchEvent(new DragEvent(type, {bubbles: true, cancelable: true, dataTransfer: data}));
}'''
_PIXEL = '''(x) => {
  const canvas = document.querySelector('canvas.after');
  return [...canvas.getContext('2d').getImageData(canvas.width * x, canvas.height / 2, 1, 1).data].slice(0, 3);
}'''


class Still(StandIn):
    """A system whose colors hints do not change, so that only areas with hints change."""

    def colorize(self, drawings, seeds, temperature, background=None, hints=None, references=None, chapter=None):
        return super().colorize(drawings, seeds, temperature, background, None, references, chapter)


@pytest.fixture(scope='module')
def address(tmp_path_factory):
    with socket.socket() as found:
        found.bind((server.LOCAL, 0))
        port = found.getsockname()[1]
    app = server.serve(Still(), tmp_path_factory.mktemp('work'), [], port=port, is_blocking=False)
    yield f'http://{server.LOCAL}:{port}/'
    app.close()


@pytest.fixture(scope='module')
def browser():
    path = next(filter(None, map(shutil.which, ('chromium', 'chromium-browser', 'google-chrome'))), None)
    if path is None:
        pytest.skip('Chromium is not installed; make test installs it where there is apt')
    with playwright.sync_playwright() as started:
        chromium = started.chromium.launch(executable_path=path, args=['--no-sandbox'])
        yield chromium
        chromium.close()


class Tab:
    """A page that notes what must not happen: requests to elsewhere, and errors."""

    def __init__(self, browser, address):
        self.page = browser.new_context(viewport={'width': 1440, 'height': 900}).new_page()
        self.page.set_default_timeout(_SECONDS)
        self.wrong, local = [], (address, 'data:', 'blob:')
        self.page.on('request', lambda one: one.url.startswith(local) or self.wrong.append(one.url))
        self.page.on('response', lambda one: one.status >= 400 and self.wrong.append(f'{one.status} {one.url}'))
        self.page.on('console', lambda one: one.type == 'error' and self.wrong.append(one.text))
        self.page.on('pageerror', lambda one: self.wrong.append(str(one)))
        self._streams = set()
        self.page.on('request', lambda one: 'queue/data' in one.url and self._streams.add(one))
        for event in ('requestfinished', 'requestfailed'):
            self.page.on(event, lambda one: self._streams.discard(one))
        self.page.goto(address)
        self.page.wait_for_selector('canvas.after')

    def _settle(self):
        """Waits until no event is under way: Gradio may lose one that comes while the stream of answers is closed."""
        quiet = 0
        for _ in range(_SECONDS // 100):
            self.page.wait_for_timeout(100)
            quiet = 0 if self._streams else quiet + 1
            if quiet == 5:
                return
        raise AssertionError('an event is still under way')

    def after(self, act):
        """Does something, and waits until the board shows what came of it."""
        self._settle()
        before = self.page.evaluate(_READY)
        act()
        self.page.wait_for_function(f"{_READY} !== '{before}' && !document.querySelector('.note').textContent")

    def pixel(self, x):
        return self.page.evaluate(_PIXEL, x)


def test_a_drawing_is_dropped_colored_hinted_saved_and_there_after_a_reload(tmp_path, browser, address):
    tab = Tab(browser, address)
    page, name = tab.page, 'page 1.png'
    content = base64.b64encode(pathlib.Path(draw(tmp_path / name)).read_bytes()).decode()
    tab.after(lambda: page.evaluate(_DROP, [content, name]))
    left, right = tab.pixel(.25), tab.pixel(.75)
    assert left == right != [255, 255, 255]
    page.get_by_role('button', name=name).wait_for()

    page.get_by_text('Brush', exact=True).click()
    page.get_by_label('Color to paint with').fill('#0a80ff')
    box = page.locator('canvas.before').bounding_box()
    x, y = box['x'] + box['width'] * .7, box['y'] + box['height'] / 2

    def paint():
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x + 20, y + 10, steps=4)
        page.mouse.up()

    tab.after(paint)
    assert tab.pixel(.75) == BLUE and tab.pixel(.25) == left
    tab.after(page.get_by_role('button', name='Undo hint').click)
    assert tab.pixel(.75) == right
    page.get_by_text('Fill area', exact=True).click()
    page.locator('canvas.after').focus()
    page.keyboard.press('ArrowRight')
    for _ in range(5):
        page.keyboard.press('ArrowRight')
    tab.after(lambda: page.keyboard.press('Enter'))
    assert tab.pixel(.75) == BLUE and tab.pixel(.25) == left

    page.get_by_label('What to save').click()
    page.get_by_role('option', name='Page as PNG').click()
    page.get_by_role('button', name='Save', exact=True).click()
    with page.expect_download() as download:
        page.locator('.aside a[download]').first.click()
    saved = pixels(download.value.path())
    assert saved[70, 150].tolist() == BLUE and saved[70, 50].tolist() == left and saved.shape == (140, 200, 3)

    picture = page.evaluate("document.querySelector('canvas.after').toDataURL()")
    page.reload()
    page.wait_for_function(f"{_READY} && !document.querySelector('.note').textContent")
    page.locator('canvas.after').blur()
    assert page.evaluate("document.querySelector('canvas.after').toDataURL()") == picture
    assert tab.wrong == []


def test_two_browsers_do_not_see_each_other(tmp_path, browser, address):
    first, second = Tab(browser, address), Tab(browser, address)
    path = draw(tmp_path / 'mine.png')
    first.after(lambda: first.page.locator('#upload input[type=file]').set_input_files(path))
    second.page.reload()
    second.page.wait_for_selector('canvas.after')
    second.page.wait_for_function("document.querySelector('.note').textContent.startsWith('Drop a drawing')")
    assert first.page.get_by_role('button', name='mine.png').count() == 1
    assert second.page.get_by_role('button', name='mine.png').count() == 0
    assert second.page.url != first.page.url and first.wrong == second.wrong == []


def test_names_never_become_html_and_a_chapter_is_left_found_again_and_deleted(tmp_path, browser, address):
    tab, name = Tab(browser, address), '<img src=x onerror=alert()>.png'
    page, asked = tab.page, []
    page.on('dialog', lambda one: (asked.append(one.message), one.accept()))
    content = files.zip_file([(name, pathlib.Path(draw(tmp_path / 'a.png')).read_bytes()), ('<b>x</b>.png', b'junk')])
    drop = {'name': 'ch.cbz', 'mimeType': 'application/zip', 'buffer': content}
    tab.after(lambda: page.locator('#upload input[type=file]').set_input_files(drop))
    page.get_by_role('button', name=f'ch.cbz/{name}').wait_for()
    page.get_by_text('left out ch.cbz/<b>x</b>.png: not an image').wait_for()
    first = page.url
    assert asked == [] and tab.wrong == []

    page.get_by_role('button', name='New chapter').click()
    page.wait_for_function(f"location.href !== '{first}' && location.hash && !({_READY})")
    page.go_back()
    page.wait_for_function(f"location.href === '{first}' && {_READY}")
    page.get_by_role('button', name='Delete chapter').click()
    page.wait_for_function(f"location.href !== '{first}' && location.hash && !({_READY})")
    page.goto(first.replace('#', '?again#'))
    page.wait_for_function("document.querySelector('.note')?.textContent.startsWith('Drop a drawing')")
    assert len(asked) == 1 and asked[0].startswith('Delete this chapter')
