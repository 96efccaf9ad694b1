// Asks for parts of pages. Everything here also works without this script: every part is a page of its own.
window.kvmbridge = {};
(function (kb) {
    'use strict';
    kb.root = function () { return document.querySelector('.kb-addon'); };

    // What is not marked came from elsewhere: a login form, or WHMCS's page with the reason why the service is silent.
    kb.ask = async function (url, body) {
        var failed = kb.root().dataset.kbFailed, answer, html;
        try {
            answer = await fetch(url + '&bare=1', body ? {method: 'POST', body: body} : {});
            html = await answer.text();
        } catch (error) {
            throw new Error(failed);
        }
        if (!answer.headers.has('X-Kvmbridge')) {
            var reason = new DOMParser().parseFromString(html, 'text/html').querySelector('.kvmbridge .alert');
            throw new Error(reason ? reason.textContent.trim() : failed);
        }
        return html;
    };

    kb.inside = function (html) {
        var holder = document.createElement('div');
        holder.innerHTML = html; // the service escapes every value; scripts set in like this do not run
        return holder;
    };

    kb.say = function (where, text) {
        var said = where.querySelector(':scope > .kb-alert-said') || document.createElement('p');
        said.className = 'kb-alert kb-alert-bad kb-alert-said';
        said.setAttribute('role', 'alert');
        said.textContent = text;
        where.prepend(said);
    };

    kb.on = function (event, selector, act) {
        document.addEventListener(event, function (e) {
            var found = e.target.closest && e.target.closest('.kb ' + selector);
            if (found) {
                act(found, e);
            }
        });
    };
}(window.kvmbridge));
