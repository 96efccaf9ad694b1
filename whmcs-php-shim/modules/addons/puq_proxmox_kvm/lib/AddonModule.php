<?php

declare(strict_types=1);

namespace Kvmbridge\Shim;

use WHMCS\Database\Capsule;

/** What each entry point of the addon answers. */
final class AddonModule
{
    public const VERSION = '0.1.0';

    public static function config(): array
    {
        $field = static fn (array $row): array => ['Size' => '60'] + array_combine(['FriendlyName', 'Type', 'Default', 'Description'], $row);
        $fields = json_decode((string) file_get_contents(__DIR__ . '/fields.json'), true);
        return [
            'name' => ServerModule::TITLE, 'version' => self::VERSION, 'author' => 'kvmbridge', 'language' => 'english',
            'description' => 'IP pools, DNS zones and virtual machines of the puqProxmoxKVM server module.',
            'fields' => array_map($field, $fields),
        ];
    }

    /** Succeeds without the service, which can only be paired once the secret exists. */
    public static function activate(): array
    {
        try {
            if (Settings::load()->text('secret') === '') {
                $row = ['module' => Settings::ADDON, 'setting' => 'secret'];
                Capsule::table('tbladdonmodules')->updateOrInsert($row, ['value' => bin2hex(random_bytes(32))]);
            }
        } catch (\Throwable $error) {
            return ['status' => 'error', 'description' => 'The shared secret could not be stored: ' . $error->getMessage()];
        }
        $answer = Funnel::ask(Settings::ADDON, '/v1/addon/Activate', Payload::base());
        if ($answer['reason'] === '') {
            return ['status' => 'success', 'description' => 'kvmbridge is connected and its tables are ready.'];
        }
        $start = 'Now start "kvmbridge serve --whmcs ' . ROOTDIR . '" on this machine; it makes its tables by itself. ';
        return ['status' => 'info', 'description' => 'Activated, and the shared secret is stored. '
            . ($answer['reason'] === 'refused' ? '' : $start) . $answer['message']];
    }

    /** The tables stay unless the setting says otherwise; dropping them is the service's job. */
    public static function deactivate(): array
    {
        try {
            $drop = Settings::load()->text('delete_tables') === 'on';
        } catch (\Throwable $error) {
            $drop = false;
        }
        $answer = Funnel::ask(Settings::ADDON, '/v1/addon/Deactivate', Payload::base(['drop_tables' => $drop]));
        return $drop && $answer['reason'] !== ''
            ? ['status' => 'error', 'description' => 'The tables could not be dropped. ' . $answer['message']]
            : ['status' => 'success', 'description' => $drop ? 'Deactivated.' : 'Deactivated. All tables and virtual machines were kept.'];
    }

    /** A failure is in the module log; the service says itself what is to be migrated when it starts. */
    public static function upgrade(array $vars): void
    {
        Funnel::ask(Settings::ADDON, '/v1/addon/Upgrade', Payload::base(['from' => (string) ($vars['version'] ?? '')]));
    }
}
