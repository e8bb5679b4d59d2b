"""Gives damaged pictures and archives to the reader of pages and to the exported model's decoder.

Example:
  python -m tests.fuzz --inputs=100000 --seed=0 --keep=out/fuzz

Each input is a small file of some format or kind of archive, damaged at random. `pages.find` must list it. `pages.read`
must give a picture of each page found, or a UserError. The exported model's decoder must give a picture of each PNG and
JPEG, or an InvalidArgumentError. It is a failure if an input

- raises another error, or ends the process, such as a segmentation fault;
- needs more than 5 seconds of computing time, or 3 GiB of memory;
- leaves a file behind, or is listed under a name that leads out of the output folder.

The inputs that fail are kept in the folder --keep. The exit status is 1 if there are any.
"""

import multiprocessing
import os
import pathlib
import random
import resource
import shutil
import signal
import struct
import sys
import tempfile
import time
import traceback
import warnings
import zlib

import cv2
import numpy as np
import tensorflow as tf
from absl import app, flags
from PIL import Image, PngImagePlugin

from data_pipeline.common import errors
from data_pipeline.pictures import decode, pages
from tests import files
from tests.pictures import encode

FLAGS = flags.FLAGS

_SECONDS, _WAITING_SECONDS = 5, 120  # of computing, and in all: other programs may take the processor
_MEMORY = 3 * 2**30
_BATCH = 5_000  # inputs that one process reads
_MOST_FAILURES = 20
_NUMBERS = (0, 1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff)
_PNG, _JPEG, _SEVEN_ZIP = b'\x89PNG\r\n\x1a\n', b'\xff\xd8\xff', b'7z\xbc\xaf\x27\x1c'


def make_seeds():
    """Makes one small file of each format, pixel type and kind of archive: list of bytes."""
    ramp = np.linspace(0, 255, 24 * 20).reshape(20, 24).astype(np.uint8)
    color = np.dstack([ramp, ramp[::-1], ramp[:, ::-1]])
    gray, rgb, sixteen = Image.fromarray(ramp), Image.fromarray(color), ramp.astype(np.uint16) * 257
    rgba = Image.merge('RGBA', [*rgb.split(), gray])
    exif = Image.Exif()
    exif[0x0112] = 6
    text = PngImagePlugin.PngInfo()
    text.add_text('text', 'x' * 40, zip=True)
    animation = {'save_all': True, 'append_images': [Image.merge('RGB', [gray] * 3)]}
    pictures = [encode(image) for image in (
        gray, rgb, rgba, gray.convert('1'), rgb.quantize(16), sixteen, Image.merge('LA', [gray, gray]))]
    pictures += [
        encode(rgb.quantize(4), transparency=2), encode(gray, transparency=9), encode(rgb, **animation),
        encode(rgb, exif=exif, pnginfo=text, icc_profile=bytes(200)),
        cv2.imencode('.png', color.astype(np.uint16))[1].tobytes(),
        encode(rgb, 'JPEG', exif=exif), encode(gray, 'JPEG', progressive=True), encode(rgb.convert('CMYK'), 'JPEG'),
        encode(rgb, 'WEBP'), encode(rgba, 'WEBP', lossless=True, exif=exif), encode(rgb, 'WEBP', **animation)]
    pictures += [encode(rgb, 'TIFF', compression=kind)
                 for kind in (None, 'tiff_lzw', 'tiff_adobe_deflate', 'jpeg', 'packbits')]
    pictures += [encode(image, 'TIFF') for image in (np.float32(ramp), sixteen, rgb.convert('CMYK'))]
    pictures += [
        encode(gray.convert('1'), 'TIFF', compression='group4'), encode(rgb, 'TIFF', **animation),
        encode(rgb, 'GIF'), encode(rgb, 'GIF', **animation),
        encode(rgb, 'BMP'), encode(rgba, 'BMP'), encode(rgb.quantize(16), 'BMP'),
        encode(rgba, 'AVIF'), encode(rgb, 'AVIF', **animation), encode(rgb, 'JPEG2000'), encode(gray, 'JPEG2000'),
        files.psd(color), files.psd(np.asarray(rgba), layers=-1)]
    members = [('ch1/1.png', pictures[0]), ('caf\u00e9/2.jpg', encode(rgb, 'JPEG')), ('../3.bin', pictures[1]),
               ('empty', b'')]
    nested = [*members, ('inner', files.zip_file(members))]
    return [*pictures, files.zip_file(nested), files.zip_file(members, 0), files.tar(nested),
            *(files.tar(members, packed) for packed in ('gz', 'bz2', 'xz')), files.seven_zip(nested),
            files.rar(members), files.rar(members, 0x33), files.rar5(members), encode(rgb, 'PDF', **animation),
            files.pdf(ramp), files.pdf(ramp, mask=ramp), files.pdf(ramp, page='/Rotate 90')]


def damage(content, seeds, rng):
    """Damages a file in a few places: bytes."""
    content = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 3, 6))):
        position = rng.randrange(len(content) + 1)
        kind = rng.randrange(7)
        if kind == 0:
            content[position:] = b''
        elif kind == 1:
            del content[position:position + rng.choice((1, 2, 4, 30))]
        elif kind == 2:
            other = rng.choice(seeds)
            start = rng.randrange(len(other))
            content[position:position + rng.choice((0, 8, 60))] = other[start:start + rng.choice((1, 8, 60))]
        elif kind == 3:
            number = struct.pack(rng.choice('<>') + 'I', rng.choice(_NUMBERS))
            length = rng.choice((1, 2, 4))
            content[position:position + length] = number[:length]
        else:
            for position in rng.choices(range(len(content)), k=rng.choice((1, 1, 4, 20))) if content else ():
                content[position] = rng.choice((content[position] ^ 1 << rng.randrange(8), rng.randrange(256)))
    return _with_checksums(bytes(content)) if rng.random() < .5 else bytes(content)


def _with_checksums(content):
    """Corrects the checksums of a PNG and of the header of a 7z archive, so that readers look at more of the file."""
    if content.startswith(_PNG):
        chunks, position = [content[:8]], 8
        while len(content) >= position + 12:
            end = position + 8 + int.from_bytes(content[position:position + 4], 'big')
            checksum = struct.pack('>I', zlib.crc32(content[position + 4:end]))
            chunks.append(content[position:end] + checksum)
            position = end + 4
        return b''.join(chunks)
    if content.startswith(_SEVEN_ZIP) and len(content) > 32:
        offset, size = struct.unpack('<QQ', content[12:28])
        start = content[12:28] + struct.pack('<I', zlib.crc32(content[32 + offset:32 + offset + size]))
        return content[:8] + struct.pack('<I', zlib.crc32(start)) + start + content[32:]
    return content


def make_input(number, seed, seeds):
    """Makes one input, with the same damage for the same number and seed: bytes."""
    rng = random.Random(f'{seed}-{number}')
    return damage(rng.choice(seeds), seeds, rng)


def read_input(content, path, graph):
    """Reads one input with everything that reads files.

    Args:
      content: bytes.
      path: pathlib.Path of the file to write it to.
      graph: `decode.decode`, compiled.
    Returns:
      Number of pictures that can be read.
    Raises:
      Exception: the input is a failure.
    """
    path.write_bytes(content)
    count = 0
    for page in pages.find([path]).pages:
        parts = pathlib.PurePosixPath(page.name).parts
        if '..' in parts or page.name.startswith('/') or '\0' in page.name:
            raise AssertionError(f'unsafe name {page.name!r}')
        page.name.encode()
        try:
            picture = pages.read(page)
        except errors.UserError:
            continue
        if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3 or not picture.size:
            raise AssertionError(f'not a picture: {picture.dtype} {picture.shape}')
        count += 1
    pages._archive.cache_clear()
    if content.startswith((_PNG, _JPEG)):
        try:
            graph(content)
            count += 1
        except tf.errors.InvalidArgumentError:
            pass
    return count


def make_graph():
    """Compiles the exported model's decoder."""
    return tf.function(decode.decode, input_signature=[tf.TensorSpec([], tf.string)])


def _read_batch(folder, seed, first, end, current, readable):
    """Reads inputs in a process of its own, which ends at the first failure."""
    warnings.simplefilter('ignore')
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # what the libraries say of damaged files
    cv2.setNumThreads(1)
    os.chdir(folder / 'working')
    tempfile.tempdir = str(folder / 'temporary')
    seeds, graph = make_seeds(), make_graph()
    for content in seeds:
        read_input(content, folder / 'input', graph)
    used = int(pathlib.Path('/proc/self/statm').read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + _MEMORY, used + _MEMORY))
    for number in range(first, end):
        current.value = number
        signal.setitimer(signal.ITIMER_PROF, _SECONDS)  # its signal ends the process, also within a library
        signal.alarm(_WAITING_SECONDS)
        try:
            readable.value += read_input(make_input(number, seed, seeds), folder / 'input', graph)
        except Exception:
            traceback.print_exc(file=sys.stdout)
            sys.exit(1)


def fuzz(inputs, seed, keep):
    """Reads inputs and reports.

    Args:
      inputs: number of inputs.
      seed: of the damage.
      keep: pathlib.Path of the folder for inputs that fail.
    Returns:
      Number of failures.
    """
    folder = pathlib.Path(tempfile.mkdtemp(prefix='fuzz-'))
    for name in ('working', 'temporary'):
        (folder / name).mkdir()
    context = multiprocessing.get_context('spawn')  # TensorFlow's threads do not survive a fork
    current, readable = context.Value('q'), context.Value('q')
    first, failures, start = 0, 0, time.monotonic()
    while first < inputs and failures < _MOST_FAILURES:
        end = min(first + _BATCH, inputs)
        current.value = -1
        process = context.Process(target=_read_batch, args=(folder, seed, first, end, current, readable))
        process.start()
        process.join()
        if process.exitcode:
            if current.value < 0:
                raise SystemExit('the undamaged files cannot be read')
            number, failures = current.value, failures + 1
            keep.mkdir(parents=True, exist_ok=True)
            shutil.copy(folder / 'input', keep / f'{seed}-{number}')
            why = signal.Signals(-process.exitcode).name if process.exitcode < 0 else 'an error, which stands above'
            print(f'input {number} fails: {why}; it is kept in {keep}', flush=True)
        first = current.value + 1 if process.exitcode else end
        print(f'{first} inputs, {readable.value} pictures, {failures} failures, {time.monotonic() - start:.0f} s',
              flush=True)
    left = {str(path.relative_to(folder)) for path in folder.rglob('*')} - {'working', 'temporary', 'input'}
    if left and not failures:  # a process that is ended leaves its temporary files
        print('files are left:', *sorted(left))
        failures += 1
    shutil.rmtree(folder)
    return failures


def main(_):
    if fuzz(FLAGS.inputs, FLAGS.seed, pathlib.Path(os.path.abspath(FLAGS.keep))):
        raise SystemExit(1)


if __name__ == '__main__':
    flags.DEFINE_integer('inputs', 100_000, 'Number of inputs.', lower_bound=1)
    flags.DEFINE_integer('seed', 0, 'Seed of the damage.')
    flags.DEFINE_string('keep', 'out/fuzz', 'Folder for the inputs that fail.')
    app.run(main)
