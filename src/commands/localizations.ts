import type { LocalizationMap } from 'discord.js';

/** Puts a description in the languages the commands are described in; names stay English everywhere. */
export function describe(de: string, es: string, fr: string, pt: string): LocalizationMap {
  return { de, 'es-ES': es, 'es-419': es, fr, 'pt-BR': pt };
}

/** Descriptions of commands and options by language, 100 characters each at most. */
export const DESCRIPTIONS = {
  forecast: describe(
    'Prognose für eine Kryptowährung: Median, Spannen und wie gut frühere Prognosen waren',
    'Pronóstico de una criptomoneda: mediana, rangos y aciertos de pronósticos anteriores',
    'Prévision pour une cryptomonnaie : médiane, fourchettes et résultats passés',
    'Previsão de uma criptomoeda: mediana, faixas e desempenho das previsões anteriores',
  ),
  symbol: describe(
    'Kürzel oder Name, zum Beispiel BTC',
    'Símbolo o nombre, por ejemplo BTC',
    'Symbole ou nom, par exemple BTC',
    'Símbolo ou nome, por exemplo BTC',
  ),
  horizon: describe(
    'Wie weit voraus (Standard: 1 Tag)',
    'Con cuánta antelación (por defecto: 1 día)',
    'À quelle échéance (par défaut : 1 jour)',
    'Com que antecedência (padrão: 1 dia)',
  ),
  why: describe(
    'Auch sagen, was die Prognose bewegt hat',
    'Decir también qué movió el pronóstico',
    'Dire aussi ce qui a fait bouger la prévision',
    'Dizer também o que moveu a previsão',
  ),
  private: describe(
    'Die Antwort nur mir zeigen',
    'Mostrar la respuesta solo a mí',
    'Ne montrer la réponse qu’à moi',
    'Mostrar a resposta só para mim',
  ),
  model: describe(
    'Die Modelle hinter den Prognosen und wie gut sie waren',
    'Los modelos detrás de los pronósticos y sus resultados',
    'Les modèles derrière les prévisions et leurs résultats',
    'Os modelos por trás das previsões e seus resultados',
  ),
  compare: describe(
    'Die Arten von Netzen vergleichen, die trainiert werden können',
    'Comparar los tipos de red que se pueden entrenar',
    'Comparer les types de réseaux qui peuvent être entraînés',
    'Comparar os tipos de rede que podem ser treinados',
  ),
  help: describe(
    'Was dieser Bot kann und wie man eine Prognose liest',
    'Qué hace este bot y cómo leer un pronóstico',
    'Ce que fait ce bot et comment lire une prévision',
    'O que este bot faz e como ler uma previsão',
  ),
  sentiment: describe(
    'Was Nachrichten und Reddit über eine Währung sagen und welche Schlagzeilen am meisten zählen',
    'Lo que dicen las noticias y Reddit de una moneda y qué titulares pesan más',
    'Ce que disent la presse et Reddit d’une monnaie, et les titres qui pèsent le plus',
    'O que as notícias e o Reddit dizem de uma moeda e quais manchetes pesam mais',
  ),
  backtest: describe(
    'Was Handeln nach diesen Prognosen nach Kosten gebracht hätte',
    'Qué habría dado operar una moneda según estos pronósticos, tras costes',
    'Ce qu’aurait donné suivre ces prévisions, frais compris',
    'O que teria rendido operar por estas previsões, após os custos',
  ),
  backtestHorizon: describe(
    'Welche Prognosen entscheiden (Standard: 1 Tag)',
    'Qué pronósticos deciden (por defecto: 1 día)',
    'Quelles prévisions décident (par défaut : 1 jour)',
    'Quais previsões decidem (padrão: 1 dia)',
  ),
  rule: describe(
    'Wie aus einer Prognose eine Position wird',
    'Cómo un pronóstico se convierte en posición',
    'Comment une prévision devient une position',
    'Como uma previsão vira uma posição',
  ),
  backtestDays: describe(
    'Wie weit zurück (Standard: 365); Tage, aus denen das Modell lernte, zählen nicht',
    'Cuántos días atrás (por defecto: 365); sin los días de los que aprendió el modelo',
    'Sur combien de jours (par défaut : 365) ; sans ceux dont le modèle a appris',
    'Quantos dias para trás (padrão: 365); sem os dias com que o modelo aprendeu',
  ),
  accuracy: describe(
    'Wie frühere Prognosen ausgingen: Spannen, Richtung, Fehler, jeweils mit Vergleichswert',
    'Cómo resultaron los pronósticos pasados: rangos, dirección, errores, con su referencia',
    'Ce que valaient les prévisions passées : fourchettes, sens, erreurs, avec leur référence',
    'Como se saíram as previsões passadas: faixas, direção, erros, com sua referência',
  ),
  accuracySymbol: describe(
    'Kürzel oder Name, zum Beispiel BTC (Standard: alle verfolgten)',
    'Símbolo o nombre, por ejemplo BTC (por defecto: todas las seguidas)',
    'Symbole ou nom, par exemple BTC (par défaut : toutes celles suivies)',
    'Símbolo ou nome, por exemplo BTC (padrão: todas as acompanhadas)',
  ),
  accuracyHorizon: describe(
    'Nur Prognosen so weit voraus (Standard: alle)',
    'Solo pronósticos a este plazo (por defecto: todos)',
    'Seulement les prévisions à cette échéance (par défaut : toutes)',
    'Só previsões com esta antecedência (padrão: todas)',
  ),
  accuracyDays: describe(
    'Wie viele Tage zurück (Standard: 60)',
    'Cuántos días atrás (por defecto: 60)',
    'Sur combien de jours (par défaut : 60)',
    'Quantos dias para trás (padrão: 60)',
  ),
  accuracyModel: describe(
    'Nur Prognosen dieser Modellversion, wie /model sie zeigt (Standard: alle)',
    'Solo pronósticos de esta versión del modelo, como la muestra /model (por defecto: todas)',
    'Seulement cette version du modèle, telle que /model la montre (par défaut : toutes)',
    'Só previsões desta versão do modelo, como /model a mostra (padrão: todas)',
  ),
  status: describe(
    'Zustand der Datenquellen, Modelle und Datenbank',
    'Estado de las fuentes de datos, los modelos y la base de datos',
    'État des sources de données, des modèles et de la base de données',
    'Estado das fontes de dados, dos modelos e do banco de dados',
  ),
} as const satisfies Record<string, LocalizationMap>;

/** Labels of the horizons by language. */
export const HORIZON_LABELS = {
  '1h': describe('1 Stunde', '1 hora', '1 heure', '1 hora'),
  '4h': describe('4 Stunden', '4 horas', '4 heures', '4 horas'),
  '24h': describe('24 Stunden', '24 horas', '24 heures', '24 horas'),
  '1d': describe('1 Tag', '1 día', '1 jour', '1 dia'),
  '3d': describe('3 Tage', '3 días', '3 jours', '3 dias'),
  '7d': describe('7 Tage', '7 días', '7 jours', '7 dias'),
} as const satisfies Record<string, LocalizationMap>;
