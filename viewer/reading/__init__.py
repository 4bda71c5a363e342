"""Study + model bundle -> Reading: probabilities, heat maps, boxes, spans, warnings."""
