"""A second hand drawing needle EMG: current sources that travel along muscle fibres, shown on older machines.

Each potential is computed from its cause: Rosenfalck's intracellular spike starts at an end-plate, runs along both
halves of a muscle fibre and dies at the tendons, and a needle of finite surface at some distance hears the slope of the
spike through the derivative of its lead field. A fibre that is blocked at the needle gives a positive sharp wave, one
that starts under it an end-plate spike, many scattered ones a motor unit. Trains of them are laid on sweeps (free,
raster, triggered, superimposed) and drawn with cv2 as phosphor tubes, storage scopes, thermal strips, LCDs, windowed
programs and printed figures; half are cut out.
"""

from training.simulate.emg_hands.tripoles.picture import draw

__all__ = ["draw"]
