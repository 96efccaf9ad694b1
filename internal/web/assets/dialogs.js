// Links marked data-kb-dialog open in a dialog, and the forms in it are sent from there.
(function (kb) {
    'use strict';
    var opener = null, asked = 0;

    function dialog() {
        var found = document.querySelector('dialog.kb');
        if (found) {
            return found;
        }
        found = document.createElement('dialog');
        found.className = 'kb kb-addon-dialog';
        found.setAttribute('aria-labelledby', 'kb-title');
        found.addEventListener('close', function () {
            if (found.open) { // it comes late: the next dialog is there already
                return;
            }
            found.replaceChildren();
            if (opener && opener.isConnected) {
                opener.focus();
            }
        });
        document.body.append(found);
        return found;
    }

    function show(box, url, html) {
        var inside = kb.inside(html), to = inside.querySelector('[data-kb-goto]');
        if (to) {
            location.assign(to.dataset.kbGoto);
            return;
        }
        var close = document.createElement('button');
        close.type = 'button';
        close.className = 'kb-close';
        close.setAttribute('aria-label', kb.root().dataset.kbClose);
        close.textContent = '×';
        close.dataset.kbClose = '';
        box.dataset.kbUrl = url;
        box.replaceChildren(close, inside);
        var first = inside.querySelector('[aria-invalid="true"]') || inside.querySelector('[autofocus]') || inside.querySelector('h2');
        if (first) {
            first.focus();
        }
        document.dispatchEvent(new CustomEvent('kb-shown', {detail: inside}));
    }

    async function open(url) {
        var box = dialog(), mine = ++asked, html;
        function overtaken() { return mine !== asked || !box.open; } // it was closed, or something else is wanted meanwhile
        box.replaceChildren(kb.inside('<p class="kb-wait" role="status"></p>'));
        box.querySelector('p').textContent = kb.root().dataset.kbBusy;
        if (!box.open) {
            box.showModal();
        }
        try {
            html = await kb.ask(url);
        } catch (error) {
            if (!overtaken()) {
                box.close();
                kb.say(kb.root(), error.message);
            }
            return;
        }
        if (!overtaken()) {
            show(box, url, html);
        }
    }

    function busy(form, on) {
        form.setAttribute('aria-busy', String(on));
        form.querySelectorAll('button').forEach(function (button) { button.disabled = on; });
    }

    async function send(form, button) {
        var box = form.closest('dialog'), body = new URLSearchParams(new FormData(form));
        if (button && button.name) {
            body.append(button.name, button.value);
        }
        busy(form, true);
        try {
            // Not form.action: a field of that name would hide it.
            show(box, box.dataset.kbUrl, await kb.ask(form.getAttribute('action') || box.dataset.kbUrl, body));
        } catch (error) {
            busy(form, false);
            kb.say(form, error.message);
        }
    }

    kb.on('click', 'a[data-kb-dialog]', function (link, e) {
        if (e.ctrlKey || e.metaKey || e.shiftKey || e.button !== 0 || !window.HTMLDialogElement) {
            return;
        }
        e.preventDefault();
        if (!link.closest('dialog')) {
            opener = link;
        }
        open(link.href);
    });
    kb.on('click', '[data-kb-close]', function (button, e) {
        var box = button.closest('dialog');
        if (box) {
            e.preventDefault();
            box.close();
        }
    });
    document.addEventListener('submit', function (e) {
        var form = e.target;
        if (form.closest('dialog.kb')) {
            e.preventDefault();
            if (form.getAttribute('method') === 'get') {
                open(form.getAttribute('action') + '&' + new URLSearchParams(new FormData(form)));
                return;
            }
            send(form, e.submitter);
        } else if (form.closest('.kb-addon') && form.method === 'post') {
            setTimeout(function () { busy(form, true); }, 0); // behind the browser's own look at the buttons
        }
    });
    window.addEventListener('pageshow', function () {
        document.querySelectorAll('.kb-addon form[aria-busy="true"]').forEach(function (form) { busy(form, false); });
    });
}(window.kvmbridge));
