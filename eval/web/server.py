"""Serves the page: who may open it, how much it takes, and where its files lie."""

import hmac
import logging
import os
import pathlib
import socket

from data_pipeline.common import errors
from eval.web import cache, chapter, colorist, rest, studio

LOCAL = '127.0.0.1'
_MOST_WAITING = 64  # requests; what comes beyond is refused
_MOST_CHAPTERS = 64  # that are open; others are opened again when they are asked for
_MOST_SESSIONS = 64  # of browsers, whose last pictures Gradio keeps; the page does not need them
_RISK = ('anybody who reaches this address can use the program, fill the disk, and open chapters whose address they '
         'know; --password=... keeps others out')


def serve(system, work, lines, host=LOCAL, port=7860, password=None, is_blocking=True):
    """Serves the page until the program is ended.

    Args:
      system: a `systems.LocalSystem` or a `client.RemoteSystem`.
      work: folder that keeps the work.
      lines: see `chapter.Chapter`, `flags`.
      host, port: address to listen on.
      password: what the page asks for, or None.
      is_blocking: whether to wait; if not, the page is closed by `close()` of what is returned.
    Returns:
      gr.Blocks.
    Raises:
      UserError: the port is taken.
      OSError: a TensorFlow Serving instance does not answer.
    """
    work = pathlib.Path(work).absolute()
    (work / 'transfer').mkdir(parents=True, exist_ok=True)
    os.environ.update(GRADIO_TEMP_DIR=str(work / 'transfer'), GRADIO_ANALYTICS_ENABLED='False')  # read at import
    for name in ('httpx', 'httpx2'):  # Gradio asks itself whether it is there; nobody needs to read that
        logging.getLogger(name).setLevel(logging.WARNING)
    from gradio import processing_utils
    from starlette import middleware

    from eval.web import guard, layout, page

    processing_utils.async_ssrf_protected_download = guard.refuse_address
    _check_port(host, port)
    chapters = cache.Cache(_MOST_CHAPTERS)
    colors = colorist.Colorist(system)
    colors.warm_up()
    artist = studio.Studio(colors, work / 'transfer')
    app = page.build(lambda key: chapters.get(key, lambda: chapter.Chapter(work, key, lines)), artist)
    app.queue(max_size=_MOST_WAITING)

    def forget():
        for answers in app._queue.pending_messages_per_session.values():  # of clients that went away before these came
            while not answers.empty():
                answers.get_nowait()
        app.app.state_holder.session_data.clear()
        return colors.forget()

    app.launch(server_name=host, server_port=port, quiet=True, prevent_thread_lock=True, ssr_mode=False, share=False,
               theme=layout.theme(), css=layout.static('page.css'), footer_links=[], max_file_size=guard.MOST_BYTES,
               run_history=False, state_session_capacity=_MOST_SESSIONS,
               auth=None if password is None else lambda _, given: hmac.compare_digest(
                   given.encode(), password.encode()),
               auth_message='Any user name, and the password.',
               app_kwargs={'middleware': [middleware.Middleware(
                   guard.Guard, work / 'transfer', rest.Rest(forget))]})
    print(f'http://{host}:{port}/', flush=True)
    if host != LOCAL and password is None:
        print(f'warning: {_RISK}', flush=True)
    if is_blocking:
        app.block_thread()
    return app


def _check_port(host, port):
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((host, port))
        except OSError as error:
            raise errors.UserError(f'--port={port}: cannot listen there ({error.strerror or error})') from error
