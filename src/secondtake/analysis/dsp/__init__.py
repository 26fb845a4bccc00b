"""Signal processing: spectra, mel bands, chroma, onsets, tempo; the first study's figures."""
