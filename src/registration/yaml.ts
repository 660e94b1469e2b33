import { Document, isScalar, visit } from 'yaml';
import type { Registration } from './registration.ts';

/** Both configurations as one YAML stream for `kubectl apply -f -`, without aliases and with short lists on one line. */
export function registrationYaml({ mutating, validating }: Registration): string {
  return `${yaml(mutating)}---\n${yaml(validating)}`;
}

function yaml(configuration: object): string {
  const document = new Document(configuration, { aliasDuplicateObjects: false });
  visit(document, {
    Seq: (_key, list) => {
      if (list.items.every((item) => isScalar(item))) list.flow = true;
    },
  });
  return document.toString({ lineWidth: 0, singleQuote: true, flowCollectionPadding: false });
}
