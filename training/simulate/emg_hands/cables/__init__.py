"""An independent hand: fibres as lines of current in an anisotropic volume conductor, led off by a needle of some size.

One convolution has waves start, pass, end or be blocked in any number of fibres. It makes trains, not pictures.
"""

from training.simulate.emg_hands.cables.generators import trains

__all__ = ["trains"]
