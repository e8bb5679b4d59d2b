"""Files of all kinds in memory, for the tests: formats and archives that Pillow and Python cannot write too."""

import io
import struct
import tarfile
import zipfile
import zlib

import py7zr


def psd(picture, layers=None):
    """Makes a Photoshop file of a flat picture.

    Args:
      picture: uint8 [H, W, 3], or [H, W, 4] with an extra channel.
      layers: what the file says of the number of its layers; below 0 the extra channel is the picture's transparency.
    Returns:
      bytes.
    """
    height, width, channels = picture.shape
    layer_section = b'' if layers is None else struct.pack('>IIh2x', 8, 4, layers)
    return b''.join([b'8BPS', struct.pack('>H6xHIIHH', 1, channels, height, width, 8, 3), bytes(8),
                     layer_section or bytes(4), bytes(2), *(picture[..., k].tobytes() for k in range(channels))])


def pdf(picture, content='', page='', tags='', mask=None, bits=8, size=None, encrypted=False):
    """Makes a PDF of one page with one gray picture.

    Args:
      picture: uint8 [H, W], or [H, W / 8] with one bit a pixel.
      content: what the page draws; by default the picture over the whole page.
      page: further entries of the page, such as '/Rotate 90'.
      tags: further entries of the picture.
      mask: the picture's opacity, uint8 [H, W], or None.
      bits: 1 or 8.
      size: width and height of the page in points; by default those of the picture in pixels.
      encrypted: whether the file says that it is encrypted.
    Returns:
      bytes.
    """
    height, width = len(picture), picture.shape[1] * 8 // bits
    across, down = size or (width, height)
    kind = f'/Type/XObject/Subtype/Image/Width {width}/Height {height}/BitsPerComponent {bits}'
    space = '' if 'ImageMask' in tags else '/ColorSpace/DeviceGray'
    parts = [('/Type/Catalog/Pages 2 0 R', None), ('/Type/Pages/Kids[3 0 R]/Count 1', None),
             (f'/Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<</XObject<</I 5 0 R>>>>/MediaBox[0 0 {across} {down}]'
              f'{page}', None), ('', (content or f'q {across} 0 0 {down} 0 0 cm /I Do Q').encode()),
             (f'{kind}{space}{tags}{"" if mask is None else "/SMask 6 0 R"}', picture.tobytes())]
    if mask is not None:
        parts.append((f'{kind}{space}', mask.tobytes()))
    objects = [f'{number} 0 obj\n<<{entries}'.encode() + (
        b'>>\n' if stream is None else b'/Length %d>>\nstream\n%s\nendstream\n' % (len(stream), stream)) + b'endobj\n'
        for number, (entries, stream) in enumerate(parts, 1)]
    lock = f'/ID[<00><00>]/Encrypt<</Filter/Standard/V 1/R 2/P -4/O<{32 * "00"}>/U<{32 * "00"}>>>' if encrypted else ''
    return b'%PDF-1.7\n' + b''.join(objects) + f'trailer\n<</Root 1 0 R{lock}>>\n%%EOF\n'.encode()


def zip_file(files, method=zipfile.ZIP_DEFLATED):
    """Makes a zip archive of (name, content) pairs: bytes."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, 'w', method) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return stream.getvalue()


def tar(files, packed=''):
    """Makes a tar archive of (name, content) pairs, packed with 'gz', 'bz2', 'xz' or not: bytes."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode=f'w:{packed}') as archive:
        for name, content in files:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return stream.getvalue()


def seven_zip(files, **options):
    """Makes a solid 7z archive of (name, content) pairs: bytes. The options are py7zr's."""
    stream = io.BytesIO()
    with py7zr.SevenZipFile(stream, 'w', **options) as archive:
        for number, (_, content) in enumerate(files):
            archive.writestr(content, str(number))
        for info, (name, _) in zip(archive.header.files_info.files if files else [], files, strict=True):
            info['filename'] = name  # `writestr` refuses names such as ../a.png
    return stream.getvalue()


def rar(files, method=0x30, encrypted=False):
    """Makes a RAR archive, version 3, of (name, content) pairs.

    Args:
      files: list of (name, content).
      method: how the archive says that its members are packed; 0x30 is not at all.
      encrypted: whether the archive says that its members are encrypted.
    Returns:
      bytes.
    """

    def block(kind, flags, content, added=b''):
        header = struct.pack('<BHH', kind, flags, 7 + len(content)) + content
        return struct.pack('<H', zlib.crc32(header) & 0xffff) + header + added

    date, blocks = 33 << 16, []  # 1980-01-01
    for name, content in files:
        size = len(content)
        header = struct.pack('<IIBIIBBHI', size, size, 3, zlib.crc32(content), date, 29, method, len(name), 0o100644)
        blocks.append(block(0x74, 0x8004 if encrypted else 0x8000, header + name.encode(), content))
    return b''.join([b'Rar!\x1a\x07\0', block(0x73, 0, bytes(6)), *blocks, block(0x7b, 0x4000, b'')])


def rar5(files):
    """Makes a RAR archive, version 5, of (name, content) pairs that are not packed: bytes."""

    def number(value):
        return bytes([value]) if value < 128 else bytes([value & 127 | 128]) + number(value >> 7)

    def block(content, added=b''):
        header = number(len(content)) + content
        return struct.pack('<I', zlib.crc32(header)) + header + added

    blocks = [block(b'\2\2' + number(len(content)) + b'\4' + number(len(content)) + b'\0' + struct.pack(
        '<I', zlib.crc32(content)) + b'\0\1' + number(len(name)) + name.encode(), content) for name, content in files]
    return b''.join([b'Rar!\x1a\x07\1\0', block(b'\1\0\0'), *blocks, block(b'\5\0\0')])
