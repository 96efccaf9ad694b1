<?php

declare(strict_types=1);

namespace Kvmbridge\Shim;

use WHMCS\Database\Capsule;

/** What each entry point of the addon answers. */
final class AddonModule
{
    public const VERSION = '0.1.0';
    /** Setting => label, type, default, description. */
    private const FIELDS = [
        'sidecar_urls' => ['Service addresses', 'text', Settings::DEFAULT_URL, 'Where kvmbridge listens: http://host:port, '
            . 'https://host:port or unix:///path. Several are separated by commas and tried in this order.'],
        'connect_timeout' => ['Connect timeout', 'text', '2', 'Seconds to wait for a connection, 10 at most.'],
        'total_timeout' => ['Total timeout', 'text', '10', 'Seconds to wait for an answer, 25 at most.'],
        'secret' => ['Shared secret', 'password', '', 'Created by activation; the service reads it from here.'],
        'secret_next' => ['Next shared secret', 'password', '', 'Accepted as well while the secret is being replaced. Usually empty.'],
        'callback_url' => ['Callback address', 'text', '', 'Where the service finds this addon\'s callback.php. Empty: below the System URL.'],
        'api_admin' => ['API user', 'text', '', 'Admin user name in whose name mails are sent. Usually empty.'],
        'delete_tables' => ['Delete all database tables', 'yesno', '', 'Deactivation drops all tables, and with them what is known '
            . 'about the virtual machines. The machines themselves stay.'],
    ];

    public static function config(): array
    {
        $field = static fn (array $row): array => ['Size' => '60']
            + array_combine(['FriendlyName', 'Type', 'Default', 'Description'], $row);
        return [
            'name' => ServerModule::TITLE, 'version' => self::VERSION, 'author' => 'kvmbridge', 'language' => 'english',
            'description' => 'IP pools, DNS zones and virtual machines of the puqProxmoxKVM server module.',
            'fields' => array_map($field, self::FIELDS),
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
            return self::result('error', 'The shared secret could not be stored: ' . $error->getMessage());
        }
        try {
            return self::result('success', self::words(self::ask('Activate')) ?: 'kvmbridge is connected and its tables are ready.');
        } catch (\Throwable $error) {
            $start = 'Now start "kvmbridge serve --whmcs ' . ROOTDIR . '" on this machine; it makes its tables by itself. ';
            $refused = $error instanceof Fault && $error->reason === 'refused';
            return self::result('info', 'Activated, and the shared secret is stored. ' . ($refused ? '' : $start) . $error->getMessage());
        }
    }

    /** The tables stay unless the setting says otherwise; dropping them is the service's job. */
    public static function deactivate(): array
    {
        $drop = false;
        try {
            $drop = Settings::load()->text('delete_tables') === 'on';
            return self::result('success', self::words(self::ask('Deactivate', ['drop_tables' => $drop])) ?: 'Deactivated.');
        } catch (\Throwable $error) {
            return $drop
                ? self::result('error', 'The tables could not be dropped. ' . $error->getMessage())
                : self::result('success', 'Deactivated. All tables and virtual machines were kept.');
        }
    }

    public static function upgrade(array $vars): void
    {
        try {
            self::ask('Upgrade', ['from' => (string) ($vars['version'] ?? '')]);
        } catch (\Throwable $error) {
            // The module log has it; the service says itself what is to be migrated when it starts.
        }
    }

    public static function output(): string
    {
        try {
            $page = $_GET['page'] ?? 'home';
            return self::words(self::ask('Output', ['page' => is_string($page) ? $page : 'home']), 'html');
        } catch (\Throwable $error) {
            return Fault::html($error);
        }
    }

    private static function ask(string $function, array $args = []): array
    {
        return Funnel::ask(Settings::ADDON, '/v1/addon/' . $function, Payload::base($args));
    }

    private static function words(array $data, string $key = 'message'): string
    {
        return is_string($data[$key] ?? null) ? $data[$key] : '';
    }

    private static function result(string $status, string $description): array
    {
        return ['status' => $status, 'description' => $description];
    }
}
