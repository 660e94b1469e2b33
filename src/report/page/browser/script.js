// The page's own script: search and filter over what is in the page, and nothing else. What is looked for stands in
// the address after `#?`, so that it can be sent to somebody.
(() => {
  /**
   * Returns the element of the page that a selector finds.
   *
   * @template {Element} T
   * @param {new () => T} type
   * @param {string} selector
   */
  const find = (type, selector) => {
    const element = document.querySelector(selector);
    if (!(element instanceof type)) throw new TypeError(`the page has no ${selector}`);
    return element;
  };
  /**
   * Returns all elements of a type that a selector finds.
   *
   * @template {Element} T
   * @param {new () => T} type
   * @param {string} selector
   * @param {ParentNode} root
   */
  const findAll = (type, selector, root = document) => {
    /** @param {Element} element */
    const isOfType = (element) => (element instanceof type ? [element] : []);
    return [...root.querySelectorAll(selector)].flatMap(isOfType);
  };

  const form = find(HTMLFormElement, '#filter');
  const search = find(HTMLInputElement, '#q');
  const selects = new Map([
    ['component', find(HTMLSelectElement, '#component')],
    ['namespace', find(HTMLSelectElement, '#namespace')],
  ]);
  const states = findAll(HTMLButtonElement, 'button[data-state]');
  const clear = find(HTMLButtonElement, '#clear');
  const count = find(HTMLElement, '#count');
  const results = find(HTMLElement, '#components');
  const groups = findAll(HTMLElement, '[data-group]').map((group) => ({
    group,
    inside: findAll(HTMLElement, '[data-item]', group),
  }));
  const items = findAll(HTMLElement, '[data-item]').map((element) => ({
    element,
    data: element.dataset,
    text: `${element.textContent} ${element.dataset.namespace ?? ''}`.toLowerCase(),
  }));
  const things = new Map([
    ['component', ['component', 'components']],
    ['finding', ['finding', 'findings']],
    ['target', ['target', 'targets']],
    ['scrape', ['missing scrape', 'missing scrapes']],
    ['admission', ['admission', 'admissions']],
  ]);

  /**
   * Counts items by what they are.
   *
   * @param {typeof items} counted
   */
  const tally = (counted) => {
    /** @type {Map<string | undefined, number>} */
    const tallies = new Map();
    for (const { data } of counted) tallies.set(data.item, (tallies.get(data.item) ?? 0) + 1);
    return tallies;
  };
  const totals = tally(items);

  const readFilter = () => ({
    words: search.value.toLowerCase().split(/\s+/).filter(Boolean),
    states: states
      .filter((state) => state.getAttribute('aria-pressed') === 'true')
      .map((state) => state.dataset.state ?? ''),
    component: selects.get('component')?.value ?? '',
    namespace: selects.get('namespace')?.value ?? '',
  });

  /**
   * @param {(typeof items)[number]} item
   * @param {ReturnType<typeof readFilter>} filter
   */
  const fits = ({ data, text }, filter) =>
    filter.words.every((word) => text.includes(word)) &&
    (filter.states.length === 0 ||
      data.item !== 'component' ||
      filter.states.includes(data.state ?? '')) &&
    (filter.component === '' ||
      data.component === undefined ||
      data.component === filter.component) &&
    (filter.namespace === '' || data.namespace === filter.namespace);

  let saying = 0;
  /** @param {string} text */
  const say = (text) => {
    clearTimeout(saying);
    saying = setTimeout(() => {
      count.textContent = text;
    }, 120);
  };

  /** @param {ReturnType<typeof readFilter>} filter */
  const addressOf = (filter) => {
    const query = new URLSearchParams();
    if (search.value !== '') query.set('q', search.value);
    for (const state of filter.states) query.append('state', state);
    if (filter.component !== '') query.set('component', filter.component);
    if (filter.namespace !== '') query.set('namespace', filter.namespace);
    return query.size === 0 ? '' : `#?${query}`;
  };

  const apply = () => {
    const filter = readFilter();
    const fitting = items.filter((item) => fits(item, filter));
    const elements = new Set(fitting.map(({ element }) => element));
    for (const { element } of items) element.hidden = !elements.has(element);
    for (const { group, inside } of groups) {
      if (inside.length > 0) group.hidden = inside.every((element) => element.hidden);
    }
    const isFiltered =
      filter.words.length + filter.states.length > 0 ||
      filter.component !== '' ||
      filter.namespace !== '';
    clear.hidden = !isFiltered;
    const shown = tally(fitting);
    const parts = [...things]
      .filter(([thing]) => totals.has(thing))
      .map(([thing, [singular, plural]]) => {
        const total = totals.get(thing) ?? 0;
        const named = `${total} ${total === 1 ? singular : plural}`;
        return isFiltered ? `${shown.get(thing) ?? 0} of ${named}` : named;
      });
    say((isFiltered && fitting.length === 0 ? 'Nothing fits. ' : '') + parts.join(', '));
    if (isFiltered || location.hash.startsWith('#?')) {
      const address = location.pathname + location.search + (isFiltered ? addressOf(filter) : '');
      history.replaceState(null, '', address);
    }
  };

  const clearSelects = () => {
    for (const select of selects.values()) select.value = '';
  };

  const reset = () => {
    search.value = '';
    clearSelects();
    for (const state of states) state.setAttribute('aria-pressed', 'false');
    apply();
  };

  const restore = () => {
    const query = new URLSearchParams(location.hash.startsWith('#?') ? location.hash.slice(2) : '');
    search.value = query.get('q') ?? '';
    for (const [name, select] of selects) {
      const value = query.get(name) ?? '';
      select.value = [...select.options].some((option) => option.value === value) ? value : '';
    }
    for (const state of states) {
      const isPressed = query.getAll('state').includes(state.dataset.state ?? '');
      state.setAttribute('aria-pressed', String(isPressed));
    }
    apply();
  };

  const goToResults = () => {
    results.focus({ preventScroll: true });
    form.scrollIntoView({ block: 'start' });
  };

  for (const state of states) {
    state.disabled = false;
    state.addEventListener('click', () => {
      const isPressed = state.getAttribute('aria-pressed') === 'true';
      state.setAttribute('aria-pressed', String(!isPressed));
      apply();
    });
  }
  for (const link of findAll(HTMLElement, 'a[data-filter]')) {
    link.addEventListener('click', (event) => {
      event.preventDefault();
      clearSelects();
      const select = selects.get(link.dataset.filter ?? '');
      if (select !== undefined) select.value = link.dataset.value ?? '';
      apply();
      goToResults();
    });
  }
  search.addEventListener('input', apply);
  for (const select of selects.values()) select.addEventListener('change', apply);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    goToResults();
  });
  clear.addEventListener('click', () => {
    reset();
    search.focus();
  });
  addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const isTyping =
      event.target instanceof Element && event.target.matches('input, select, textarea');
    if (event.key === '/' && !isTyping) {
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
    goToResults();
  });
  form.hidden = false;
  restore();
})();
