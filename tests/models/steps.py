"""Training in tests: a few steps on one batch, and what each returned."""

import contextlib

import tensorflow as tf
import tf_keras as keras


def crop(batch, first, side):
    """Crops the pictures of a batch: small ones are trained on in less time. `first` is the first row, and column."""
    return batch | {name: batch[name][:, first:first + side, first:first + side] for name in ('outline', 'color')}


@contextlib.contextmanager
def half_precision():
    """Makes networks in mixed bfloat16 within a block."""
    keras.mixed_precision.set_global_policy('mixed_bfloat16')
    try:
        yield
    finally:
        keras.mixed_precision.set_global_policy('float32')


def on_one_batch(model, batch, steps):
    """Trains a compiled model on one batch again and again. Returns {name: [value of each step]}."""
    values = []
    record = keras.callbacks.LambdaCallback(on_train_batch_end=lambda _, logs: values.append(dict(logs)))
    model.fit(tf.data.Dataset.from_tensors(batch).repeat(), steps_per_epoch=steps, verbose=0, callbacks=[record])
    return {name: [step[name] for step in values] for name in values[0]}
