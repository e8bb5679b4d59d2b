"""The flags of programs that color with the system: which networks, or which server."""

from absl import flags

from models import comic_colorizer


def define():
    """Defines --weights, --drafts, --server and --timeout."""
    flags.DEFINE_multi_string('weights', [str(comic_colorizer.PRETRAINED)], 'Folder of trained networks. May be '
                              'repeated: each network is loaded from the first folder that holds it.')
    flags.DEFINE_integer('drafts', comic_colorizer.DRAFTS, 'Number of samples that form the consensus. With more, '
                         'results are calmer and more alike. A server uses its own number.', lower_bound=1)
    flags.DEFINE_string('server', None, 'Address (gRPC) of a TensorFlow Serving instance that colors, as HOST:PORT.')
    flags.DEFINE_float('timeout', 60., 'Seconds to wait for one answer of the server.', lower_bound=0.)
