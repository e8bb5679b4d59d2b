"""The context networks that `--context` chooses from: what a pixel knows of the pixels before it.

  full: the gated PixelCNN (1606.05328), as in PixColor, which the paper follows.
  row_lstm, diagonal_bilstm: the PixelRNNs (1601.06759), for comparison.
  none: the gated PixelCNN without sight of the picture, so pixels are independent given the outline.

Each is a function of (`LowResColorizerConfig`, number of parameters of a pixel) that returns a `ContextNetwork`.
"""

import functools

from models.low_res_colorizer.diagonal_bilstm import DiagonalBiLSTM
from models.low_res_colorizer.gated_pixelcnn import GatedPixelCNN
from models.low_res_colorizer.row_lstm import RowLSTM


def _pixelcnn(config, outputs, **options):
    return GatedPixelCNN(config.pixelcnn_blocks, config.pixelcnn_filters, config.pixelcnn_hidden, outputs,
                         config.dropout, **options)


def _row_lstm(config, outputs):
    return RowLSTM(config.lstm_layers, config.row_lstm_units, config.pixelcnn_hidden, outputs, config.dropout)


def _diagonal_bilstm(config, outputs):
    return DiagonalBiLSTM(config.lstm_layers, config.diagonal_bilstm_units, config.pixelcnn_hidden, outputs,
                          config.dropout)


CONTEXTS = {'full': _pixelcnn, 'row_lstm': _row_lstm, 'diagonal_bilstm': _diagonal_bilstm,
            'none': functools.partial(_pixelcnn, sees_picture=False)}
