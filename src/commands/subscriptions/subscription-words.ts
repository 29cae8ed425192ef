import { describe } from '../localizations.ts';

/** Descriptions of what concerns subscriptions by language, 100 characters each at most. */
export const SUBSCRIPTION_WORDS = {
  subscribe: describe(
    'Prognosen oder Berichte täglich in einen Kanal stellen',
    'Publicar pronósticos o informes en un canal según un horario',
    'Publier des prévisions ou des rapports dans un salon à heure fixe',
    'Publicar previsões ou relatórios em um canal em horário fixo',
  ),
  subscriptions: describe(
    'Die Abonnements dieses Servers',
    'Las suscripciones de este servidor',
    'Les abonnements de ce serveur',
    'As assinaturas deste servidor',
  ),
  list: describe('Alle anzeigen', 'Mostrar todas', 'Tout afficher', 'Mostrar todas'),
  edit: describe('Eines ändern', 'Cambiar una', 'En modifier un', 'Alterar uma'),
  pause: describe('Eines anhalten', 'Pausar una', 'En suspendre un', 'Pausar uma'),
  resume: describe('Eines fortsetzen', 'Reanudar una', 'En reprendre un', 'Retomar uma'),
  test: describe(
    'Jetzt einen Probebeitrag senden',
    'Enviar ahora una publicación de prueba',
    'Envoyer un message d’essai maintenant',
    'Enviar agora uma publicação de teste',
  ),
  remove: describe('Eines entfernen', 'Eliminar una', 'En supprimer un', 'Remover uma'),
  id: describe('Welches Abonnement', 'Qué suscripción', 'Quel abonnement', 'Qual assinatura'),
  channel: describe('Wohin gesendet wird', 'Dónde se publica', 'Où publier', 'Onde publicar'),
  symbols: describe(
    'Bis zu zehn, zum Beispiel BTC, ETH, SOL',
    'Hasta diez, por ejemplo BTC, ETH, SOL',
    'Dix au plus, par exemple BTC, ETH, SOL',
    'Até dez, por exemplo BTC, ETH, SOL',
  ),
  time: describe(
    'Uhrzeit, zum Beispiel 09:00',
    'Hora, por ejemplo 09:00',
    'Heure, par exemple 09:00',
    'Horário, por exemplo 09:00',
  ),
  timezone: describe(
    'Stadt oder Zeitzone (Standard: UTC)',
    'Ciudad o zona horaria (por defecto: UTC)',
    'Ville ou fuseau horaire (par défaut : UTC)',
    'Cidade ou fuso horário (padrão: UTC)',
  ),
  report: describe(
    'Was gesendet wird (Standard: tägliche Prognosen)',
    'Qué se publica (por defecto: pronósticos diarios)',
    'Ce qui est publié (par défaut : prévisions quotidiennes)',
    'O que é publicado (padrão: previsões diárias)',
  ),
  bandAlerts: describe(
    'Auch melden, wenn der Kurs den 95-%-Bereich verlässt',
    'Avisar también cuando el precio salga del rango del 95 %',
    'Signaler aussi quand le cours sort de la fourchette à 95 %',
    'Avisar também quando o preço sair da faixa de 95 %',
  ),
  flipAlert: describe(
    'Melden, wenn die Chance auf Anstieg oder Fall so viel Prozent erreicht; 0: nie',
    'Avisar cuando la probabilidad de subida o bajada alcance este porcentaje; 0: nunca',
    'Signaler quand la probabilité de hausse ou de baisse atteint ce pourcentage ; 0 : jamais',
    'Avisar quando a chance de alta ou de queda atingir esta porcentagem; 0: nunca',
  ),
} as const;

/** Names of the reports by language. */
export const REPORT_LABELS = {
  daily: describe('Prognosen jeden Tag', 'Pronósticos cada día', 'Prévisions chaque jour', 'Previsões todo dia'),
  weekly: describe(
    'Trefferbericht jeden Montag',
    'Informe de aciertos cada lunes',
    'Rapport de précision chaque lundi',
    'Relatório de acertos toda segunda',
  ),
  both: describe('Beides', 'Ambos', 'Les deux', 'Ambos'),
} as const;
