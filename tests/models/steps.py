"""Training in tests: a few steps on one batch, and what each returned."""

import tensorflow as tf
import tf_keras as keras


def crop(batch, side):
    """Crops the pictures of a batch around their middle; small pictures are trained on in less time."""
    first = (256 - side) // 2
    return batch | {name: batch[name][:, first:first + side, first:first + side] for name in ('outline', 'color')}


def on_one_batch(model, batch, steps):
    """Trains a compiled model on one batch again and again. Returns {name: [value of each step]}."""
    values = []
    record = keras.callbacks.LambdaCallback(on_train_batch_end=lambda _, logs: values.append(dict(logs)))
    model.fit(tf.data.Dataset.from_tensors(batch).repeat(), steps_per_epoch=steps, verbose=0, callbacks=[record])
    return {name: [step[name] for step in values] for name in values[0]}
