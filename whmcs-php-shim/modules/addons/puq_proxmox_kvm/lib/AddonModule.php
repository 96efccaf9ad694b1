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
        'dns_addresses' => ['dns.php: addresses', 'text', '', 'Who may read the list of names, such as 192.0.2.10, 2001:db8::/48.'],
        'dns_token' => ['dns.php: token', 'password', '', 'If set, they must send it too. With neither nobody may read.'],
        'delete_tables' => ['Delete all database tables', 'yesno', '', 'Deactivation drops all tables. The virtual machines stay.'],
    ];

    public static function config(): array
    {
        $field = static fn (array $row): array => ['Size' => '60'] + array_combine(['FriendlyName', 'Type', 'Default', 'Description'], $row);
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

    public static function output(): string
    {
        $page = $_GET['page'] ?? 'home';
        $answer = Funnel::ask(Settings::ADDON, '/v1/addon/Output', Payload::base(['page' => is_string($page) ? $page : 'home']));
        return Funnel::text($answer, 'html') . Fault::html($answer['message']);
    }
}
