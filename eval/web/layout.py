"""What the page consists of. `page` says what happens when it is used."""

import pathlib
import types

import gradio as gr

from eval.formats import files
from eval.web import studio

SAVES = {'Chapter as CBZ': studio.CBZ, **{f'Page as {kind.upper()}': kind for kind in files.SUFFIXES},
         'Drawings and hints as CBZ': studio.DRAWINGS}
AUTOMATIC, PAPER, COLOR = 'Automatic', 'Paper', 'This color'  # what a background is
_STATIC = pathlib.Path(__file__).parent / 'static'


def static(name):
    """Reads a file of the folder `static`: str."""
    return (_STATIC / name).read_text(encoding='utf-8')


def theme():
    """A theme with the fonts of the system, since no file may come from elsewhere, and with readable contrast."""
    default = gr.themes.Default(primary_hue='blue', neutral_hue='slate', font=['system-ui', 'sans-serif'],
                                font_mono=['ui-monospace', 'monospace'])
    return default.set(
        color_accent='*primary_700', button_primary_background_fill='*primary_700',
        button_primary_background_fill_hover='*primary_800', body_text_color_subdued='*neutral_600',
        block_label_text_color='*neutral_700', block_title_text_color='*neutral_700')


def components():
    """Makes the components of the page, within a `gr.Blocks`: a namespace of them."""
    ui = types.SimpleNamespace(key=gr.Textbox(visible=False))
    with gr.Row():
        with gr.Column(scale=1, min_width=250, elem_classes='aside'):
            _chapter(ui)
        with gr.Column(scale=5, min_width=320):
            ui.board = gr.HTML(None, html_template=static('board.html'), css_template=static('board.css'),
                               js_on_load=static('board.js'), apply_default_css=False, elem_id='board')
            with gr.Tabs():
                with gr.Tab('Alternatives'):
                    ui.ask = gr.Button('Show four alternatives for the chosen panel', size='sm')
                    ui.alternatives = _strip('Alternatives')
                with gr.Tab('References'):
                    _references(ui)
                with gr.Tab('Settings'):
                    _settings(ui)
    return ui


def _chapter(ui):
    gr.Markdown('# Comic colorizer')
    ui.upload = gr.File(label='Add drawings, pages or a cbz', file_count='multiple', height=150, elem_id='upload')
    ui.pages = _strip('Pages')
    with gr.Row():
        ui.remove = gr.Button('Remove page', size='sm', min_width=100)
        ui.new = gr.Button('New chapter', size='sm', min_width=100)
        ui.delete = gr.Button('Delete chapter', size='sm', min_width=100)
    ui.what = gr.Dropdown(list(SAVES), label='What to save', value=next(iter(SAVES)))
    ui.save = gr.Button('Save', variant='primary')
    ui.file = gr.File(label='Saved file', interactive=False, visible=False, height=80)


def _references(ui):
    with gr.Row():
        with gr.Column(scale=1, min_width=250):
            ui.given = gr.File(label='Add colored panels, pages or model sheets', file_count='multiple', height=150)
            ui.pin = gr.Button('Pin the chosen panel as a reference', size='sm')
        with gr.Column(scale=2, min_width=250):
            ui.references = _strip('References')


def _settings(ui):
    with gr.Row():
        ui.background = gr.Radio([AUTOMATIC, PAPER, COLOR], label='Background of all panels', value=AUTOMATIC)
        ui.color = gr.ColorPicker(label='Color of the background', value='#cfe8ff')
        ui.temperature = gr.Slider(.5, 1.5, step=.05, label='Temperature: from calm to lively')


def _strip(label):
    """Makes a strip of pictures that are buttons."""
    return gr.HTML(None, html_template=f'<div class="strip" role="group" aria-label="{label}"></div>',
                   css_template=static('strip.css'), js_on_load=static('strip.js'), apply_default_css=False)
