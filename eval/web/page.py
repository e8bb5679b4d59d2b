"""The page in the browser: its components, and what happens when they are used."""

import functools
import os
import pathlib

os.environ['GRADIO_ANALYTICS_ENABLED'] = 'False'  # read by Gradio at import

# ruff: noqa: E402
import gradio as gr

from data_pipeline.common import errors
from eval.formats import files
from eval.web import studio, view

_STATIC = pathlib.Path(__file__).parent / 'static'
# The key of the chapter is the part of the address behind '#', which the browser does not send, or the last one.
_KEY_OF_BROWSER = '''() => {
  const digits = (byte) => byte.toString(16).padStart(2, '0');
  const made = () => [...crypto.getRandomValues(new Uint8Array(16))].map(digits).join('');
  const asked = /^#[0-9a-f]{32}$/.test(location.hash) ? location.hash.slice(1) : null;
  const key = asked || localStorage.getItem('comic-colorizer') || made();
  localStorage.setItem('comic-colorizer', key);
  history.replaceState(null, '', '#' + key);
  return key;
}'''
_NEW_KEY = '''() => {
  localStorage.removeItem('comic-colorizer');
  history.replaceState(null, '', location.pathname);
  location.reload();
}'''
STYLE = (_STATIC / 'page.css').read_text(encoding='utf-8')
_SAVES = {'Chapter as CBZ': studio.CBZ, **{f'Page as {kind.upper()}': kind for kind in files.SUFFIXES}}


def theme():
    """A theme with the fonts of the system, since no file may come from elsewhere."""
    return gr.themes.Default(primary_hue='blue', neutral_hue='slate', font=['system-ui', 'sans-serif'],
                             font_mono=['ui-monospace', 'monospace'])


def build(open_chapter, artist):
    """Makes the page.

    Args:
      open_chapter: function of a key that gives its `chapter.Chapter`.
      artist: a `studio.Studio`.
    Returns:
      gr.Blocks.
    """

    def handler(function):
        """Lets a function of a chapter take a key, and says what the user can correct. The board is always shown."""

        @functools.wraps(function)
        def handle(key, *given):
            chapter = open_chapter(key)
            try:
                return function(chapter, *given)
            except (errors.UserError, OSError) as error:
                gr.Warning(str(error))
                return artist.show(chapter)

        return handle

    def opened(key):
        chapter = open_chapter(key)
        yield key, artist.outline(chapter, 'Coloring …'), view.strip(chapter)
        yield key, artist.show(chapter), view.strip(chapter)

    def added(key, paths):
        chapter, paths = open_chapter(key), paths or []
        try:
            names, remarks = chapter.add(paths)
        except (errors.UserError, OSError) as error:
            names, remarks = [], [str(error)]
        finally:
            for path in paths:
                pathlib.Path(path).unlink(missing_ok=True)
        for remark in remarks:
            gr.Warning(remark)
        yield None, artist.outline(chapter, 'Coloring …'), view.strip(chapter)
        yield None, artist.show(chapter), view.strip(chapter)
        for number, name in enumerate(names[1:], 2):
            artist.color(chapter, name)
            gr.Info(f'{number} of {len(names)} pages colored') if number == len(names) else None
            yield None, gr.skip(), view.strip(chapter)

    @handler
    def act(chapter, event: gr.EventData):
        return artist.act(chapter, event._data['page'], event._data['actions'])

    @handler
    def select(chapter, event: gr.EventData):
        chapter.change(shown=event._data['page'], panel=0)
        return artist.show(chapter)

    def strip_of(key):
        return view.strip(open_chapter(key))

    def saved(key, what):
        try:
            return str(artist.save(open_chapter(key), _SAVES[what]))
        except (errors.UserError, OSError) as error:
            gr.Warning(str(error))
            return None

    with gr.Blocks(title='Comic colorizer', analytics_enabled=False, fill_width=True,
                   delete_cache=(600, 3600)) as page:
        key = gr.State()
        with gr.Row():
            with gr.Column(scale=1, min_width=240):
                gr.Markdown('# Comic colorizer')
                upload = gr.File(label='Add drawings, pages or a cbz', file_count='multiple', type='filepath',
                                 height=120)
                strip = gr.HTML(None, html_template='<div class="strip" role="group" aria-label="Pages"></div>',
                                css_template=_static('strip.css'), js_on_load=_static('strip.js'),
                                apply_default_css=False)
                what = gr.Dropdown(list(_SAVES), label='Save', value='Chapter as CBZ')
                save = gr.Button('Save', variant='primary')
                file = gr.File(label='Saved', interactive=False)
                new = gr.Button('New chapter')
            with gr.Column(scale=5, min_width=320):
                board = gr.HTML(None, html_template=_static('board.html'), css_template=_static('board.css'),
                                js_on_load=_static('board.js'), apply_default_css=False, elem_id='board')
        options = {'api_visibility': 'private', 'concurrency_id': 'artist', 'concurrency_limit': 4}
        key_of_browser = gr.Textbox(visible=False)
        page.load(opened, key_of_browser, [key, board, strip], js=_KEY_OF_BROWSER, **options)
        upload.upload(added, [key, upload], [upload, board, strip], **options)
        board.act(act, key, board, trigger_mode='multiple', show_progress='hidden', **options).then(
            strip_of, key, strip, show_progress='hidden', **options)
        strip.select(select, key, board, **options).then(strip_of, key, strip, show_progress='hidden', **options)
        save.click(saved, [key, what], file, **options)
        new.click(None, js=_NEW_KEY)
    return page


def _static(name):
    return (_STATIC / name).read_text(encoding='utf-8')
