"""The page in the browser: what happens when its components are used."""

import contextlib
import functools
import html
import json
import pathlib

import gradio as gr

from data_pipeline.common import errors
from eval.web import layout, view

# The key of the chapter is the part of the address behind '#', which the browser does not send, or the last one.
_KEY_OF_BROWSER = '''() => {
  const digits = (byte) => byte.toString(16).padStart(2, '0');
  const made = () => [...crypto.getRandomValues(new Uint8Array(16))].map(digits).join('');
  const asked = /^#[0-9a-f]{32}$/.test(location.hash) ? location.hash.slice(1) : null;
  const key = asked || localStorage.getItem('comic-colorizer') || made();
  localStorage.setItem('comic-colorizer', key);
  history.replaceState(null, '', '#' + key);
  addEventListener('hashchange', () => location.reload());
  return key;
}'''
# Begins a new chapter. The browser's button 'back' leads to the one before.
_LEAVE = '''
  localStorage.removeItem('comic-colorizer');
  history.pushState(null, '', location.pathname);
  location.reload();
'''
_PRIVATE = {'api_visibility': 'private'}
_OPTIONS = {'concurrency_id': 'artist', 'concurrency_limit': 4, **_PRIVATE}
_IN_BACKGROUND = {'concurrency_id': 'background', 'concurrency_limit': 2, 'show_progress': 'hidden', **_PRIVATE}
_MOST_REMARKS = 5  # that are shown at a time


def build(open_chapter, artist):
    """Makes the page.

    Args:
      open_chapter: function of a key that gives its `chapter.Chapter`.
      artist: a `studio.Studio`.
    Returns:
      gr.Blocks.
    """

    def of_chapter(function):
        """Lets a generator that takes a chapter take a key. Says what the user can correct, and shows the page."""

        @functools.wraps(function)
        def handle(key, *given):
            if key is None:  # see `_confirmed`
                yield {ui.key: gr.skip()}
                return
            chapter = open_chapter(key)
            try:
                yield from function(chapter, *given)
            except (errors.UserError, OSError) as error:
                board = artist.show_after(error, chapter)
                _warn(board['note'])
                yield {ui.board: board}

        return handle

    def shown(chapter, **changed):
        """Shows the page, and then the strip of pages with its new thumbnail."""
        more = {getattr(ui, name): value for name, value in changed.items()}
        yield {ui.board: artist.show(chapter)} | more
        yield {ui.pages: view.pages(chapter)}

    def first_outlined(chapter, **changed):
        """Shows the line art of a page until it is colored."""
        yield {ui.board: artist.outline(chapter, 'Coloring …'), ui.pages: view.pages(chapter)}
        yield from shown(chapter, **changed)

    def opened(key):
        chapter = open_chapter(key)
        background = chapter.state.background
        kind = {'auto': layout.AUTOMATIC, '#ffffff': layout.PAPER}.get(background, layout.COLOR)
        settings = {ui.background: kind, ui.temperature: chapter.state.temperature}
        yield {ui.key: key, ui.references: view.references(chapter)} | settings | (
            {ui.color: background} if kind == layout.COLOR else {})
        yield from of_chapter(first_outlined)(key)

    @of_chapter
    def added(chapter, paths):
        _, remarks = _taken(chapter.add, paths, ([], []))
        _warn(*remarks)
        yield from first_outlined(chapter, upload=None)

    def colored(key):
        chapter = open_chapter(key)
        for name in [name for name in chapter.pages if not chapter.thumbnail(name)]:
            with contextlib.suppress(errors.UserError, OSError):  # what is wrong is said when the page is shown
                artist.color(chapter, name)
            yield view.pages(chapter)
        yield view.pages(chapter)  # there must be a value

    def acted(key, event: gr.EventData):
        chapter = open_chapter(key)
        try:
            return artist.act(chapter, event.page, event.actions)
        except (errors.UserError, OSError) as error:
            return artist.show_after(error, chapter)

    def strip_of_pages(key):
        return view.pages(open_chapter(key))

    @of_chapter
    def selected(chapter, event: gr.EventData):
        chapter.change(shown=event.key, panel=0)
        yield from first_outlined(chapter, alternatives=[])

    @of_chapter
    def removed(chapter):
        chapter.remove(chapter.shown)
        yield from first_outlined(chapter, alternatives=[])

    @of_chapter
    def deleted(chapter):
        chapter.delete()
        yield {ui.key: ''}  # the browser leaves the chapter

    @of_chapter
    def asked(chapter):
        yield {ui.alternatives: view.alternatives(**artist.alternatives(chapter))}

    @of_chapter
    def chosen(chapter, event: gr.EventData):
        artist.choose(chapter, *event.key)
        yield from shown(chapter, alternatives=view.alternatives(**artist.alternatives(chapter)))

    @of_chapter
    def referred(chapter, paths):
        _warn(*_taken(chapter.add_references, paths, []))
        yield from shown(chapter, given=None, references=view.references(chapter))

    @of_chapter
    def pinned(chapter):
        artist.pin(chapter)
        yield from shown(chapter, references=view.references(chapter))

    @of_chapter
    def unpinned(chapter, event: gr.EventData):
        chapter.remove_reference(event.key)
        yield from shown(chapter, references=view.references(chapter))

    @of_chapter
    def changed(chapter, kind, color, temperature):
        background = {layout.AUTOMATIC: 'auto', layout.PAPER: '#ffffff', layout.COLOR: color}[kind]
        chapter.change(background=background, temperature=temperature)
        yield from shown(chapter)

    @of_chapter
    def saved(chapter, what):
        yield {ui.file: gr.File(str(artist.save(chapter, layout.SAVES[what])), visible=True)}

    with gr.Blocks(title='Comic colorizer', analytics_enabled=False, fill_width=True,
                   delete_cache=(600, 3600)) as page:
        ui = layout.components()
        settings = [ui.background, ui.color, ui.temperature]
        outputs = [ui.key, ui.board, ui.pages, ui.upload, ui.alternatives, ui.given, ui.references, ui.file, *settings]
        in_order = {'show_progress_on': ui.board, **_OPTIONS}
        in_background = {'fn': colored, 'inputs': ui.key, 'outputs': ui.pages, **_IN_BACKGROUND}
        page.load(opened, ui.key, outputs, js=_KEY_OF_BROWSER, **in_order).then(**in_background)
        ui.upload.upload(added, [ui.key, ui.upload], outputs, **in_order).then(**in_background)
        ui.new.click(None, js=f'() => {{ {_LEAVE} }}')
        ui.remove.click(removed, ui.key, outputs, js=_confirmed('Remove this page, and its hints?'), **in_order)
        ui.delete.click(deleted, ui.key, outputs, js=_confirmed(
            'Delete this chapter, with all its pages, hints and references?'), **in_order).then(
                None, ui.key, js=f'(key) => {{ if (!key) {{ {_LEAVE} }} }}')
        # Without the queue, whose stream may end just as the next action comes. The board shows what went wrong.
        quick = {'queue': False, 'show_progress': 'hidden', **_PRIVATE}
        ui.board.act(acted, ui.key, ui.board, trigger_mode='multiple', **quick).then(
            strip_of_pages, ui.key, ui.pages, **quick)
        for event, function, inputs in (
                (ui.pages.select, selected, []), (ui.ask.click, asked, []), (ui.alternatives.select, chosen, []),
                (ui.given.upload, referred, [ui.given]), (ui.pin.click, pinned, []),
                (ui.references.select, unpinned, []), (ui.background.input, changed, settings),
                (ui.color.release, changed, settings), (ui.color.submit, changed, settings),
                (ui.temperature.release, changed, settings), (ui.save.click, saved, [ui.what])):
            event(function, [ui.key, *inputs], outputs, **in_order)
    return page


def _taken(take, paths, nothing):
    """Lets a function take files that were uploaded, and deletes them. `nothing`: what it returns without files."""
    try:
        return take(paths) if paths else nothing
    finally:
        for path in paths or []:
            pathlib.Path(path).unlink(missing_ok=True)


def _warn(*remarks):
    """Shows lines of text, which may hold names of files, until they are closed."""
    more = len(remarks) - _MOST_REMARKS
    for remark in [*remarks[:_MOST_REMARKS], *([f'and {more} more'] if more > 0 else [])]:
        gr.Warning(html.escape(str(remark)), duration=None)


def _confirmed(question):
    """JavaScript that asks before a button acts: the key of the chapter, or null if the answer is no."""
    return f'(key) => confirm({json.dumps(question)}) ? key : null'
