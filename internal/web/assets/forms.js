// Small helps for forms and lists, each asked for by an attribute.
(function (kb) {
    'use strict';

    // data-kb-live=URL data-kb-into=ID: while somebody types, the answer for the fields of the form stands in that element.
    var timers = new WeakMap();
    kb.on('input', '[data-kb-live]', function (group) {
        clearTimeout(timers.get(group));
        timers.set(group, setTimeout(async function () {
            var into = document.getElementById(group.dataset.kbInto), query = new URLSearchParams();
            if (!into) {
                return; // the dialog was closed meanwhile
            }
            new FormData(group.closest('form')).forEach(function (value, name) {
                if (name !== 'kb_token' && name.indexOf('secret[') !== 0) {
                    query.append(name, value);
                }
            });
            try {
                into.replaceChildren(kb.inside(await kb.ask(group.dataset.kbLive + '&' + query)));
            } catch (error) { // only a hint; saving will say what is wrong
                into.replaceChildren();
            }
        }, 250));
    });

    // select data-kb-groups: only the groups data-kb-group="a b" that name its value are shown and sent.
    function groups(select) {
        select.closest('form').querySelectorAll('[data-kb-group]').forEach(function (group) {
            var on = group.dataset.kbGroup.split(' ').indexOf(select.value) >= 0;
            group.hidden = !on;
            group.querySelectorAll('input, select, textarea').forEach(function (field) { field.disabled = !on; });
        });
    }
    kb.on('change', '[data-kb-groups]', groups);

    // select data-kb-remember=NAME: the filter of the last visit stands again, unless the address names one.
    function remembered(form) {
        var filters = form.querySelectorAll('[data-kb-remember]'), query = new URLSearchParams(location.search), changed = false;
        filters.forEach(function (select) {
            var last = localStorage.getItem('kvmbridge.' + select.dataset.kbRemember);
            if (last && !query.has(select.name) && Array.from(select.options).some(function (o) { return o.value === last; })) {
                query.set(select.name, last);
                changed = true;
            }
        });
        if (changed) {
            location.replace(location.pathname + '?' + query);
        }
    }
    kb.on('change', '[data-kb-remember]', function (select) {
        localStorage.setItem('kvmbridge.' + select.dataset.kbRemember, select.value);
    });
    kb.on('change', '[data-kb-submit]', function (field) { field.form.requestSubmit(); });

    // input data-kb-all: ticks every box of that name in its form.
    kb.on('change', 'input[data-kb-all]', function (all) {
        all.form.querySelectorAll('input[name="' + all.dataset.kbAll + '"]').forEach(function (box) { box.checked = all.checked; });
    });

    // input type=file data-kb-file=ID: the text of the file goes into that field, where it can be looked at before it is sent.
    kb.on('change', 'input[data-kb-file]', async function (input) {
        if (input.files.length) {
            document.getElementById(input.dataset.kbFile).value = await input.files[0].text();
        }
    });

    // data-kb-refresh=SECONDS data-kb-src=URL: the element is fetched anew; its answer says whether and when once more.
    function refresh(element) {
        setTimeout(async function () {
            if (!element.isConnected) {
                return;
            }
            if (document.hidden || element.contains(document.activeElement) && document.activeElement.matches('input, select, textarea')) {
                refresh(element);
                return;
            }
            var fresh;
            try {
                fresh = kb.inside(await kb.ask(element.dataset.kbSrc)).querySelector('#' + element.id);
            } catch (error) {
                refresh(element); // it may be back soon; what stands there stays
                return;
            }
            if (fresh && element.isConnected) {
                replace(element, fresh);
            }
        }, 1000 * Number(element.dataset.kbRefresh));
    }
    function replace(element, fresh) {
        element.querySelectorAll('details[open][id]').forEach(function (open) {
            var same = fresh.querySelector('#' + CSS.escape(open.id));
            if (same) {
                same.open = true;
            }
        });
        element.querySelectorAll('input[type=text][id]').forEach(function (typed) {
            var same = fresh.querySelector('#' + CSS.escape(typed.id));
            if (same) {
                same.value = typed.value;
            }
        });
        var focused = element.contains(document.activeElement) ? document.activeElement.id : '';
        element.replaceWith(fresh);
        if (focused && document.getElementById(focused)) {
            document.getElementById(focused).focus();
        }
        begin(fresh.parentNode);
    }

    function begin(where) {
        where.querySelectorAll('[data-kb-groups]').forEach(groups);
        where.querySelectorAll('[data-kb-refresh]:not([data-kb-begun])').forEach(function (element) {
            element.dataset.kbBegun = '';
            refresh(element);
        });
    }
    document.addEventListener('kb-shown', function (e) { begin(e.detail); });
    begin(kb.root());
    kb.root().querySelectorAll('form').forEach(remembered);

    // An open menu closes like every other one.
    document.addEventListener('click', function (e) {
        document.querySelectorAll('.kb-menu[open]').forEach(function (menu) {
            if (!menu.contains(e.target)) {
                menu.open = false;
            }
        });
    });
    document.addEventListener('keydown', function (e) {
        var menu = e.key === 'Escape' && document.querySelector('.kb-menu[open]');
        if (menu) {
            menu.open = false;
            menu.querySelector('summary').focus();
        }
    });
}(window.kvmbridge));
