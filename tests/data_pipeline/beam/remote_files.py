"""A file system of Beam for the tests: test://PATH is the file PATH of this machine.

It is like HDFS in that it does not replace files when it renames. Beam finds it as it finds all its file systems.
"""

import os
import shutil

from apache_beam.io import filesystem, localfilesystem

SCHEME = 'test://'


def _here(path):
    return path.removeprefix(SCHEME)


class RemoteFiles(localfilesystem.LocalFileSystem):
    @classmethod
    def scheme(cls):
        return 'test'

    def join(self, basepath, *paths):
        return SCHEME + super().join(_here(basepath), *paths)

    def split(self, path):
        head, tail = super().split(_here(path))
        return SCHEME + head, tail

    def mkdirs(self, path):
        super().mkdirs(_here(path))

    def _url_dirname(self, url_or_path):
        return SCHEME + super()._url_dirname(_here(url_or_path))

    def _list(self, dir_or_prefix):
        for folder, _, files in os.walk(_here(dir_or_prefix)):
            for path in (os.path.join(folder, file) for file in files):
                yield filesystem.FileMetadata(SCHEME + path, os.path.getsize(path))

    def exists(self, path):
        return super().exists(_here(path))

    def metadata(self, path):
        found = super().metadata(_here(path))
        return filesystem.FileMetadata(path, found.size_in_bytes)

    def create(self, path, *given, **named):
        return super().create(_here(path), *given, **named)

    def open(self, path, *given, **named):
        return super().open(_here(path), *given, **named)

    def rename(self, source_file_names, destination_file_names):
        if any(map(self.exists, destination_file_names)):
            raise filesystem.BeamIOError('exists')
        super().rename(*([_here(path) for path in paths] for paths in (source_file_names, destination_file_names)))

    def delete(self, paths):
        for path in paths:
            (shutil.rmtree if os.path.isdir(_here(path)) else os.remove)(_here(path))
