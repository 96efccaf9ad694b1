<?php declare(strict_types=1);
/** WHMCS addon module: the entry points that WHMCS calls by name. Each is one forward into lib/. */

use Kvmbridge\Shim\AddonModule;

defined('WHMCS') || die('This file cannot be accessed directly');

require_once __DIR__ . '/../../servers/puqProxmoxKVM/lib/load.php';

function puq_proxmox_kvm_config(): array { return AddonModule::config(); }
function puq_proxmox_kvm_activate(): array { return AddonModule::activate(); }
function puq_proxmox_kvm_deactivate(): array { return AddonModule::deactivate(); }
function puq_proxmox_kvm_upgrade(array $vars): void { AddonModule::upgrade($vars); }
function puq_proxmox_kvm_output(array $vars): void { echo AddonModule::output($vars); }
