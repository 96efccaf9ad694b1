<?php

declare(strict_types=1);

namespace Devhost;

use WHMCS\Database\Capsule;

/** Ordering a product: order, service with its server, options, and the automatic set-up. */
final class Orders
{
    private const LETTERS = 'abcdefghijklmnopqrstuvwxyz';

    /**
     * @param array<int,int|string> $choices configurable option id => choice id, or the number for quantity and yes/no
     * @return array{order_id:int,service_id:int}
     */
    public static function place(int $clientId, int $productId, array $choices, string $domain = ''): array
    {
        $product = Capsule::table('tblproducts')->where('id', $productId)->first();
        if ($product === null) {
            throw new \InvalidArgumentException("Product ID $productId not found");
        }
        return Capsule::connection()->transaction(static function () use ($clientId, $product, $choices, $domain): array {
            $price = self::price($product, $choices);
            $order = Capsule::table('tblorders')->insertGetId([
                'ordernum' => random_int(1000000000, 9999999999), 'userid' => $clientId, 'date' => date('Y-m-d H:i:s'),
                'amount' => $price, 'paymentmethod' => 'banktransfer', 'status' => 'Pending',
                'ipaddress' => $_SERVER['REMOTE_ADDR'] ?? '127.0.0.1',
            ]);
            $service = self::service($clientId, $order, $product, $price, $domain);
            self::choose($service, (int) $product->id, $choices);
            return ['order_id' => $order, 'service_id' => $service];
        });
    }

    /** @return string 'success', the module's error, or '' when the product waits for somebody */
    public static function setUp(int $serviceId, string $moment): string
    {
        $service = Capsule::table('tblhosting')->where('id', $serviceId)->first();
        $when = Capsule::table('tblproducts')->where('id', $service->packageid)->value('autosetup');
        if ($when !== $moment) {
            return '';
        }
        $result = Server::command($serviceId, 'CreateAccount', true);
        if ($result === 'success') {
            Capsule::table('tblorders')->where('id', $service->orderid)->update(['status' => 'Active']);
        }
        return $result;
    }

    /** WHMCS makes up user name and password at the first Create. */
    public static function completeLogin(int $serviceId): void
    {
        $service = Capsule::table('tblhosting')->where('id', $serviceId)->first();
        $letters = (string) preg_replace('/[^a-z]/', '', strtolower($service->domain ?? ''));
        $missing = array_filter([
            'username' => $service->username === '' ? substr($letters . self::random(self::LETTERS, 8), 0, 8) : '',
            'password' => $service->password === '' ? Cipher::encrypt(self::random(self::LETTERS . '0123456789', 10)) : '',
        ], 'strlen');
        if ($missing !== []) {
            Capsule::table('tblhosting')->where('id', $serviceId)->update($missing);
        }
    }

    /** The options that can be ordered with a product, each with its choices in ->choices. */
    public static function options(int $productId): array
    {
        $groups = Capsule::table('tblproductconfiglinks')->where('pid', $productId)->pluck('gid')->all();
        $options = Capsule::table('tblproductconfigoptions')->whereIn('gid', $groups)->where('hidden', 0)->orderBy('order')->get()->all();
        foreach ($options as $option) {
            $option->choices = Capsule::table('tblproductconfigoptionssub')->where('configid', $option->id)->where('hidden', 0)
                ->orderBy('sortorder')->get()->all();
        }
        return $options;
    }

    private static function service(int $clientId, int $order, object $product, float $price, string $domain): int
    {
        $free = $product->paytype === 'free';
        return Capsule::table('tblhosting')->insertGetId([
            'userid' => $clientId, 'orderid' => $order, 'packageid' => $product->id, 'server' => self::serverFor($product),
            'regdate' => date('Y-m-d'), 'domain' => $domain, 'paymentmethod' => 'banktransfer', 'firstpaymentamount' => $price,
            'amount' => $price, 'billingcycle' => $free ? 'Free Account' : 'Monthly',
            'nextduedate' => $free ? '0000-00-00' : date('Y-m-d', strtotime('+1 month')),
            'nextinvoicedate' => $free ? '0000-00-00' : date('Y-m-d', strtotime('+1 month')),
            'domainstatus' => 'Pending',
        ]);
    }

    /** The least full enabled server of the product's group, or the default server of the module. */
    private static function serverFor(object $product): int
    {
        $group = Capsule::table('tblservergroupsrel')->where('groupid', $product->servergroup)->pluck('serverid')->all();
        $servers = Capsule::table('tblservers')->where('type', $product->servertype)->where('disabled', 0);
        $servers = $group ? $servers->whereIn('id', $group) : $servers->orderBy('active', 'desc');
        $best = ['id' => 0, 'services' => PHP_INT_MAX];
        foreach ($servers->orderBy('id')->get() as $server) {
            $services = Capsule::table('tblhosting')->where('server', $server->id)->count();
            if ($services < $best['services'] || ($best['id'] === 0)) {
                $best = ['id' => (int) $server->id, 'services' => $services];
            }
            if (!$group) {
                break;
            }
        }
        return $best['id'];
    }

    /** Yes/no and quantity are numbers, everything else is a choice. */
    public static function isCounted(object $option): bool
    {
        return in_array((int) $option->optiontype, [3, 4], true);
    }

    /** @return array<int,int> option id => choice id or number, as a service has them */
    public static function chosen(int $serviceId): array
    {
        $chosen = [];
        foreach (Capsule::table('tblhostingconfigoptions')->where('relid', $serviceId)->get() as $row) {
            $option = Capsule::table('tblproductconfigoptions')->where('id', $row->configid)->first();
            $chosen[(int) $row->configid] = (int) ($option !== null && self::isCounted($option) ? $row->qty : $row->optionid);
        }
        return $chosen;
    }

    /** Gives a service all options of a product; those without a choice get the first, or the least number. */
    public static function choose(int $serviceId, int $productId, array $choices): void
    {
        foreach (self::options($productId) as $option) {
            $counted = self::isCounted($option);
            $first = $option->choices[0]->id ?? 0;
            $given = $choices[$option->id] ?? ($counted ? (int) $option->qtyminimum : $first);
            Capsule::table('tblhostingconfigoptions')->insert([
                'relid' => $serviceId, 'configid' => $option->id,
                'optionid' => $counted ? $first : (int) $given, 'qty' => $counted ? (int) $given : 0,
            ]);
        }
    }

    public static function price(object $product, array $choices): float
    {
        $price = self::monthly('product', (int) $product->id);
        foreach (self::options((int) $product->id) as $option) {
            if (!self::isCounted($option)) {
                $price += self::monthly('configoptions', (int) ($choices[$option->id] ?? $option->choices[0]->id ?? 0));
            }
        }
        return $price;
    }

    private static function monthly(string $type, int $id): float
    {
        return max(0.0, (float) Capsule::table('tblpricing')->where('type', $type)->where('relid', $id)->value('monthly'));
    }

    private static function random(string $alphabet, int $length): string
    {
        $text = '';
        while (strlen($text) < $length) {
            $text .= $alphabet[random_int(0, strlen($alphabet) - 1)];
        }
        return $text;
    }
}
