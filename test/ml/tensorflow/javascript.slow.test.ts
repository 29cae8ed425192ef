import { loadJavascriptBackend } from './javascript-backend.ts';
import { describeSameNumbers } from './same-numbers.ts';

// Runs everywhere: the graph is the one that native TensorFlow computes.
describeSameNumbers('plain JavaScript', true, loadJavascriptBackend);
