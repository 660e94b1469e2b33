export { type Checked, checkedYaml, type Problem, problemText } from './checked.ts';
