"""Which kind a picture is: data, training and measurement of the kind network."""
