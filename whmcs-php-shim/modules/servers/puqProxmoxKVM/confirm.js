// Asks before a button of the service page destroys a disk. WHMCS draws the buttons and has no question of its own.
(function () {
    'use strict';
    var questions = {
        '**Reinstall': 'Reinstall this virtual machine? All its disks and snapshots are lost.',
        '**VMRemove': 'Delete this virtual machine from Proxmox? All its disks and snapshots are lost.',
        'Redeploy': 'Delete this virtual machine and build a new one? All its disks are lost, and its addresses and id are chosen anew.'
    };
    if (window.kvmbridgeAsks) {
        return;
    }
    window.kvmbridgeAsks = true;
    // Before any handler of the page sees the click.
    document.addEventListener('click', function (event) {
        var button = event.target.closest ? event.target.closest('button, a, input') : null;
        var label = button ? (button.value || button.textContent).trim() : '';
        if (Object.prototype.hasOwnProperty.call(questions, label) && !window.confirm(questions[label])) {
            event.preventDefault();
            event.stopImmediatePropagation();
        }
    }, true);
}());
