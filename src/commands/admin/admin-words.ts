import { describe } from '../localizations.ts';

/** Descriptions of what owners may do with the models by language, 100 characters each at most. */
export const ADMIN_WORDS = {
  admin: describe(
    'Nur für Betreiber: die Modelle im Einsatz',
    'Solo para propietarios: los modelos en servicio',
    'Propriétaires seulement : les modèles en service',
    'Só para proprietários: os modelos em serviço',
  ),
  retrain: describe(
    'Ein neues Modell trainieren; es kommt nur zum Einsatz, wenn es das jetzige schlägt',
    'Entrenar un modelo nuevo; solo entra en servicio si supera al actual',
    'Entraîner un nouveau modèle ; il ne sert que s’il bat celui en service',
    'Treinar um novo modelo; só entra em serviço se superar o atual',
  ),
  rollback: describe(
    'Das Modell zurückholen, das zuvor im Einsatz war',
    'Volver al modelo que estaba en servicio antes',
    'Revenir au modèle qui servait avant',
    'Voltar ao modelo que estava em serviço antes',
  ),
  promote: describe(
    'Ein aufbewahrtes Modell einsetzen, wie auch immer es abgeschnitten hat',
    'Poner en servicio un modelo guardado, sea cual sea su veredicto',
    'Mettre en service un modèle conservé, quel que soit son verdict',
    'Pôr em serviço um modelo guardado, seja qual for seu veredito',
  ),
  interval: describe(
    'Welches Modell (Standard: täglich)',
    'Qué modelo (por defecto: diario)',
    'Quel modèle (par défaut : journalier)',
    'Qual modelo (padrão: diário)',
  ),
  version: describe('Ein Modell, das aufbewahrt ist', 'Un modelo guardado', 'Un modèle conservé', 'Um modelo guardado'),
} as const;

/** Labels of the intervals that models are for by language. */
export const INTERVAL_LABELS = {
  '1d': describe('täglich', 'diario', 'journalier', 'diário'),
  '1h': describe('stündlich', 'por hora', 'horaire', 'por hora'),
} as const;
