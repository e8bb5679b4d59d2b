"""Pictures as files, for the tests."""

import io

from PIL import Image

from data_pipeline.pictures import pages


def encode(picture, kind='PNG', **options):
    """Encodes a picture, an array or a PIL image: bytes."""
    stream = io.BytesIO()
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    image.save(stream, kind, **options)
    return stream.getvalue()


def read(path):
    """Reads a file as the data pipeline does: uint8 [H, W, 3]."""
    return pages.read(pages.Page(path.name, path.name, '', str(path)))
