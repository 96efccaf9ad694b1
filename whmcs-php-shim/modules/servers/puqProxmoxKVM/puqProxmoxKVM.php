<?php declare(strict_types=1);
/** WHMCS server module: the entry points that WHMCS calls by name, each one forward into lib/. Any key of $params may be missing. */

use Kvmbridge\Shim\{MetricProvider, ServerModule};

defined('WHMCS') || die('This file cannot be accessed directly');

require_once __DIR__ . '/lib/load.php';

function puqProxmoxKVM_MetaData(): array { return ServerModule::table('meta'); }
function puqProxmoxKVM_ConfigOptions(array $params = []): array { return ServerModule::configOptions($params); }
function puqProxmoxKVM_CreateAccount(array $params): string { return ServerModule::command('CreateAccount', $params); }
function puqProxmoxKVM_SuspendAccount(array $params): string { return ServerModule::command('SuspendAccount', $params); }
function puqProxmoxKVM_UnsuspendAccount(array $params): string { return ServerModule::command('UnsuspendAccount', $params); }
function puqProxmoxKVM_TerminateAccount(array $params): string { return ServerModule::command('TerminateAccount', $params); }
function puqProxmoxKVM_ChangePackage(array $params): string { return ServerModule::command('ChangePackage', $params); }
function puqProxmoxKVM_ChangePassword(array $params): string { return ServerModule::command('ChangePassword', $params); }
function puqProxmoxKVM_TestConnection(array $params): array { return ServerModule::testConnection($params); }
function puqProxmoxKVM_AdminCustomButtonArray(array $params = []): array { return ServerModule::table('buttons'); }
function puqProxmoxKVM_AdminServicesTabFields(array $params): array { return ServerModule::tabFields($params); }
function puqProxmoxKVM_AdminServicesTabFieldsSave(array $params): void { ServerModule::saveTabFields($params); }
function puqProxmoxKVM_UsageUpdate(array $params): string { return ServerModule::command('UsageUpdate', $params); }
function puqProxmoxKVM_MetricProvider(array $params = []): MetricProvider { return new MetricProvider($params); }
function puqProxmoxKVM_ClientArea(array $params): string { return ServerModule::clientArea($params); }
function puqProxmoxKVM_Start(array $params): string { return ServerModule::button('Start', $params); }
function puqProxmoxKVM_Stop(array $params): string { return ServerModule::button('Stop', $params); }
function puqProxmoxKVM_Reinstall(array $params): string { return ServerModule::button('Reinstall', $params); }
function puqProxmoxKVM_VMSetDedicatedIp(array $params): string { return ServerModule::button('VMSetDedicatedIp', $params); }
function puqProxmoxKVM_VMClone(array $params): string { return ServerModule::button('VMClone', $params); }
function puqProxmoxKVM_SetCPURAM(array $params): string { return ServerModule::button('SetCPURAM', $params); }
function puqProxmoxKVM_SetSystemDiskSize(array $params): string { return ServerModule::button('SetSystemDiskSize', $params); }
function puqProxmoxKVM_SetSystemDiskBandwidth(array $params): string { return ServerModule::button('SetSystemDiskBandwidth', $params); }
function puqProxmoxKVM_SetCreatedAdditionalDisk(array $params): string { return ServerModule::button('SetCreatedAdditionalDisk', $params); }
function puqProxmoxKVM_SetAdditionalDiskSize(array $params): string { return ServerModule::button('SetAdditionalDiskSize', $params); }
function puqProxmoxKVM_SetAdditionalDiskBandwidth(array $params): string { return ServerModule::button('SetAdditionalDiskBandwidth', $params); }
function puqProxmoxKVM_SetNetwork(array $params): string { return ServerModule::button('SetNetwork', $params); }
function puqProxmoxKVM_SetFirewall(array $params): string { return ServerModule::button('SetFirewall', $params); }
function puqProxmoxKVM_SetCloudinit(array $params): string { return ServerModule::button('SetCloudinit', $params); }
function puqProxmoxKVM_VMRemove(array $params): string { return ServerModule::button('VMRemove', $params); }
function puqProxmoxKVM_SetDNSRecords(array $params): string { return ServerModule::button('SetDNSRecords', $params); }
function puqProxmoxKVM_Redeploy(array $params): string { return ServerModule::button('Redeploy', $params); }
