import { type Catalogue, type Recognisable, recognitionText } from '../catalogue/index.ts';
import { identified, isOptedOut, type PlanContext } from '../planning/index.ts';
import { type Step, step } from './types.ts';

/** What an object is, by which rule; or by which it could have been. */
export function recognitionStep(object: Recognisable, context: PlanContext): Step {
  const recognition = identified(object, context);
  const { entry } = recognition;
  const reason = recognitionText(recognition);
  if (entry === undefined) {
    return step(`Not recognised: ${reason}`, [
      ...strongEvidence(context.catalogue),
      'in a namespace labelled autoscrape.multigres.com/inject: enabled, also the label autoscrape.multigres.com/component, images and ports',
    ]);
  }
  const strength =
    recognition.because.strength === 'strong'
      ? 'strong evidence, which counts anywhere'
      : 'weak evidence, which counts because the namespace is labelled autoscrape.multigres.com/inject: enabled';
  const lines = [`${reason}: ${strength}`];
  if (isOptedOut(object, context)) {
    lines.push(
      'it, or its namespace, is labelled autoscrape.multigres.com/scrape: "false": left alone',
    );
  }
  return step(`Recognised as ${entry.component}, in the dialect ${entry.dialect}`, lines);
}

/** What would be evidence anywhere, from the catalogue in use. */
function strongEvidence({ dialects, partOf, byComponentLabel }: Catalogue): string[] {
  const groups = [...new Set(dialects.flatMap((dialect) => dialect.ownerGroups))];
  const pairs = dialects
    .flatMap((dialect) => dialect.entries)
    .filter((entry) => entry.pairIsStrong)
    .map(({ labels }) => `${labels.name} with ${labels.component}`);
  const components = [...byComponentLabel.keys()].join(', ');
  return [
    ...(groups.length === 0
      ? []
      : [`evidence would be: a controlling owner of the group ${groups.join(' or ')}`]),
    `or app.kubernetes.io/part-of: ${partOf} with one of the components ${components}`,
    ...(pairs.length === 0
      ? []
      : [`or the pair of app.kubernetes.io/name and component: ${pairs.join(', ')}`]),
  ];
}
