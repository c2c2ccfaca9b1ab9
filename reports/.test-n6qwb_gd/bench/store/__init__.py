"""Records and manifests on disk: written atomically, checked when they are read. A run folder may be anybody's."""
