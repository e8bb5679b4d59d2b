"""Reads what a run logs, for the tests."""

import csv

import tensorflow as tf


def rows(workdir):
    """Rows of metrics.csv so far: [{name: text}]."""
    path = workdir / 'metrics.csv'
    return list(csv.DictReader(path.open(encoding='utf-8'))) if path.exists() else []


def summaries(folder):
    """TensorBoard logs below a folder: {(name, step): Summary.Value}."""
    files = [str(path) for path in folder.rglob('events.out.tfevents.*')]
    events = [tf.compat.v1.Event.FromString(record.numpy()) for record in tf.data.TFRecordDataset(files)]
    return {(value.tag, event.step): value for event in events for value in event.summary.value}
