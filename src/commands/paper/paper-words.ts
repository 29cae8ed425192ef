import { describe } from '../localizations.ts';

/** Descriptions of what concerns paper portfolios by language, 100 characters each at most. */
export const PAPER_WORDS = {
  paper: describe(
    'Ein Depot mit gedachtem Geld, das den Prognosen folgt',
    'Una cartera con dinero imaginario que sigue los pronósticos',
    'Un portefeuille fictif qui suit les prévisions',
    'Uma carteira com dinheiro imaginário que segue as previsões',
  ),
  start: describe(
    'Eines beginnen (Server verwalten nötig)',
    'Empezar una (requiere Gestionar servidor)',
    'En commencer un (Gérer le serveur requis)',
    'Começar uma (requer Gerenciar servidor)',
  ),
  status: describe('Wie es steht', 'Cómo va', 'Où il en est', 'Como está'),
  stop: describe(
    'Es beenden (Server verwalten nötig)',
    'Terminarla (requiere Gestionar servidor)',
    'L’arrêter (Gérer le serveur requis)',
    'Encerrá-la (requer Gerenciar servidor)',
  ),
  symbols: describe(
    'Bis zu zehn Währungen (Standard: BTC, ETH)',
    'Hasta diez monedas (por defecto: BTC, ETH)',
    'Dix monnaies au plus (par défaut : BTC, ETH)',
    'Até dez moedas (padrão: BTC, ETH)',
  ),
  capital: describe(
    'Gedachte Dollar am Anfang (Standard: 10.000)',
    'Dólares imaginarios al inicio (por defecto: 10 000)',
    'Dollars fictifs au départ (par défaut : 10 000)',
    'Dólares imaginários no início (padrão: 10.000)',
  ),
} as const;
