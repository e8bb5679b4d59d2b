r"""Measures speed, as ratios within one run. Prints one JSON object on each line.

  python -m eval.benchmark --what=sampling,serving

  {"name": "sampling.cached_xla.batch1", "seconds": 0.081, "per": "sampling.forward.batch1", "ratio": 4.0}

`seconds` is the median of several runs after a warm-up, or one run if it takes longer than half a minute. `ratio` is
the time divided by that of the entry `per`. Progress goes to standard error.

sampling, for batches of 1 and 16:
  forward: one teacher-forced pass of the low-resolution colorizer, which gives the likelihood of a known picture.
  cached_xla, cached: its sampler, with and without XLA.
  naive: the same samples by a whole forward pass for each of the 1,024 pixels.
  tfp: tfp.distributions.PixelCNN.sample of the same width, depth and mixture, which has no outline.

contexts, for each network that `train.low_res_colorizer --context` chooses from:
  CONTEXT: `cached_xla`, as above, for batches of 1 and 16.
  training.CONTEXT.float32, training.CONTEXT.mixed_bfloat16: a training step of the low-resolution colorizer, as below.

training:
  NETWORK.float32, NETWORK.mixed_bfloat16: a training step of each network in batches of 8; seconds for each picture.

input:
  pipeline: the input pipeline alone, from TFRecords (--data, or comics that are drawn for it); seconds for each
    picture. `per` is the fastest training step, which is measured first. A ratio of 0.1 is ten times as fast.

chapter:
  panels: eval.colorize on 24 drawn pages of 6 panels, 1,400 pixels wide, none longer than 3:2: line art in, PNG out.
    Seconds for each panel, after start-up and compilation. `per` is the networks alone, in full batches. The entry also
    has the panels of a second and the peak memory of the process, in gigabytes.

hints, in batches of 4 as eval.colorize has them, with XLA:
  without, empty, given: ComicColorizer.colorize without hints, with hints that are empty, and with ten dots in each
    picture.

references, in the same batches:
  without, four, sixteen: ComicColorizer.colorize without references, and with four and sixteen that are encoded.
  previous: the same with sixteen, where each picture also takes over colors of those before it.

web:
  hint: from a stroke of the brush to all that the page of eval.web shows then, for a drawn panel of 1,000 pixels; each
    stroke has another color. Without the browser. `per` is the networks alone, for one square.

serving, for batches of 1 and 16, without XLA:
  in_process: ComicColorizer.colorize.
  serving_default: the same by the signature of the exported model.
"""

import tf_keras as keras
from absl import flags

from data_pipeline.common import program
from eval.benchmarks import networks, programs
from models.base.config import Config

FLAGS = flags.FLAGS
_WHAT = ('sampling', 'contexts', 'training', 'input', 'chapter', 'hints', 'references', 'web', 'serving')


def benchmarks(names, preset):
    """Runs the benchmarks in `names`. `input` needs the figures of `training`, so it runs that, too."""
    if 'sampling' in names:
        networks.sampling(preset)
    if 'contexts' in names:
        networks.contexts(preset)
    if {'training', 'input'} & names:
        fastest = networks.training(preset)
        if 'input' in names:
            programs.input_pipeline(FLAGS.data, fastest)
    if 'chapter' in names:
        programs.chapter()
    if 'hints' in names:
        networks.hints(preset)
    if 'references' in names:
        networks.references(preset)
    if 'web' in names:
        programs.web()
    if 'serving' in names:
        programs.serving(preset)


def main():
    keras.utils.set_random_seed(0)
    benchmarks(set(FLAGS.what), FLAGS.preset)


if __name__ == '__main__':
    flags.DEFINE_list('what', None, f'Measurements, joined by commas: {", ".join(_WHAT)}.', required=True)
    flags.register_validator('what', set(_WHAT).issuperset, f'takes {", ".join(_WHAT)}')
    flags.DEFINE_string('data', None, 'Folder that data_pipeline.prepare wrote, to measure the input pipeline with.')
    flags.DEFINE_enum('preset', 'small', list(Config.PRESETS), 'Sizes of the networks.')
    program.run(main)
