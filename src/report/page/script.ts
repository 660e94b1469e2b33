/**
 * The page's own script: search and filter over what is in the page, and nothing else. What is looked for stands in the
 * address after `#?`, so that it can be sent to somebody.
 */
export const script = `'use strict';
(() => {
  const one = (selector) => document.querySelector(selector);
  const all = (selector) => [...document.querySelectorAll(selector)];
  const form = one('#filter');
  const search = one('#q');
  const selects = { component: one('#component'), namespace: one('#namespace') };
  const states = all('button[data-state]');
  const clear = one('#clear');
  const count = one('#count');
  const results = one('#components');
  const groups = all('[data-group]');
  const items = all('[data-item]').map((element) => ({
    element,
    data: element.dataset,
    text: element.textContent.toLowerCase() + ' ' + (element.dataset.namespace || '').toLowerCase(),
  }));
  const things = [
    ['component', 'components'],
    ['finding', 'findings'],
    ['target', 'targets'],
    ['scrape', 'missing scrapes'],
    ['admission', 'admissions'],
  ];
  const totals = new Map();
  for (const { data } of items) totals.set(data.item, (totals.get(data.item) || 0) + 1);

  const pressed = () =>
    states.filter((one) => one.getAttribute('aria-pressed') === 'true').map((one) => one.dataset.state);

  const wanted = () => ({
    words: search.value.toLowerCase().split(/\\s+/).filter((word) => word !== ''),
    states: pressed(),
    component: selects.component.value,
    namespace: selects.namespace.value,
  });

  const fits = ({ data, text }, { words, states, component, namespace }) =>
    words.every((word) => text.includes(word)) &&
    (states.length === 0 || data.item !== 'component' || states.includes(data.state)) &&
    (component === '' || data.component === undefined || data.component === component) &&
    (namespace === '' || data.namespace === namespace);

  let saying;
  const say = (text) => {
    clearTimeout(saying);
    saying = setTimeout(() => { count.textContent = text; }, 120);
  };

  const apply = () => {
    const filter = wanted();
    const shown = new Map();
    for (const item of items) {
      const fit = fits(item, filter);
      item.element.hidden = !fit;
      if (fit) shown.set(item.data.item, (shown.get(item.data.item) || 0) + 1);
    }
    for (const group of groups) {
      const inside = group.querySelectorAll('[data-item]');
      if (inside.length > 0) group.hidden = [...inside].every((item) => item.hidden);
    }
    const filtered = filter.words.length + filter.states.length > 0 ||
      filter.component !== '' || filter.namespace !== '';
    clear.hidden = !filtered;
    const parts = things
      .filter(([thing]) => totals.has(thing))
      .map(([thing, name]) => {
        const total = totals.get(thing);
        const some = shown.get(thing) || 0;
        const named = total === 1 ? thing === 'scrape' ? 'missing scrape' : thing : name;
        return filtered ? some + ' of ' + total + ' ' + named : total + ' ' + named;
      });
    const nothing = filtered && shown.size === 0 ? 'Nothing fits. ' : '';
    say(nothing + parts.join(', '));
    const query = new URLSearchParams();
    if (search.value !== '') query.set('q', search.value);
    for (const state of filter.states) query.append('state', state);
    if (filter.component !== '') query.set('component', filter.component);
    if (filter.namespace !== '') query.set('namespace', filter.namespace);
    const hash = filtered ? '#?' + query : '';
    if (filtered || location.hash.startsWith('#?')) {
      history.replaceState(null, '', location.pathname + location.search + hash);
    }
  };

  const reset = () => {
    search.value = '';
    for (const select of Object.values(selects)) select.value = '';
    for (const state of states) state.setAttribute('aria-pressed', 'false');
    apply();
  };

  const restore = () => {
    const query = new URLSearchParams(location.hash.startsWith('#?') ? location.hash.slice(2) : '');
    search.value = query.get('q') || '';
    for (const [name, select] of Object.entries(selects)) {
      const value = query.get(name) || '';
      select.value = [...select.options].some((option) => option.value === value) ? value : '';
    }
    for (const state of states) {
      state.setAttribute('aria-pressed', String(query.getAll('state').includes(state.dataset.state)));
    }
    apply();
  };

  const toResults = () => {
    results.focus({ preventScroll: true });
    form.scrollIntoView({ block: 'start' });
  };

  for (const state of states) {
    state.disabled = false;
    state.addEventListener('click', () => {
      state.setAttribute('aria-pressed', String(state.getAttribute('aria-pressed') !== 'true'));
      apply();
    });
  }
  for (const link of all('a[data-filter]')) {
    link.addEventListener('click', (event) => {
      event.preventDefault();
      for (const select of Object.values(selects)) select.value = '';
      selects[link.dataset.filter].value = link.dataset.value;
      apply();
      toResults();
    });
  }
  search.addEventListener('input', apply);
  for (const select of Object.values(selects)) select.addEventListener('change', apply);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    toResults();
  });
  clear.addEventListener('click', () => {
    reset();
    search.focus();
  });
  addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = /^(?:INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
    if (event.key === '/' && !typing) {
      event.preventDefault();
      search.focus();
      search.select();
    }
    if (event.key === 'Escape' && !clear.hidden) {
      event.preventDefault();
      reset();
    }
  });
  addEventListener('hashchange', () => {
    if (!location.hash.startsWith('#?')) return;
    restore();
    toResults();
  });
  form.hidden = false;
  restore();
})();
`;
