<?php
/**
 * WHMCS server module: the entry points that WHMCS calls by name. Each is one forward into lib/; the kvmbridge service
 * decides. $params is whatever WHMCS passes, and any of its keys may be missing.
 */

declare(strict_types=1);

use Kvmbridge\Shim\ServerModule;

defined('WHMCS') || die('This file cannot be accessed directly');

require_once __DIR__ . '/lib/load.php';

function puqProxmoxKVM_MetaData(): array { return ServerModule::metaData(); }
function puqProxmoxKVM_ConfigOptions(array $params = []): array { return ServerModule::configOptions($params); }
function puqProxmoxKVM_CreateAccount(array $params): string { return ServerModule::command('CreateAccount', $params); }
function puqProxmoxKVM_SuspendAccount(array $params): string { return ServerModule::command('SuspendAccount', $params); }
function puqProxmoxKVM_UnsuspendAccount(array $params): string { return ServerModule::command('UnsuspendAccount', $params); }
function puqProxmoxKVM_TestConnection(array $params): array { return ServerModule::testConnection($params); }
function puqProxmoxKVM_AdminCustomButtonArray(array $params = []): array { return ServerModule::adminButtons($params); }
function puqProxmoxKVM_AdminServicesTabFields(array $params): array { return ServerModule::tabFields($params); }
function puqProxmoxKVM_ClientArea(array $params): string { return ServerModule::clientArea($params); }
