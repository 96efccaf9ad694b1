<?php

declare(strict_types=1);

namespace Devhost;

use WHMCS\Database\Capsule;

/**
 * Builds the $params array from database rows with the keys, order and types that WHMCS uses.
 *
 * DEVHOST_OMIT_PARAMS in the environment takes keys away, as some versions and code paths of WHMCS do: "server" leaves
 * out the server's keys, "random" about a third of all, anything else is a comma list of keys.
 */
final class Params
{
    private const OPTION_COUNT = 24;

    public static function forService(int $serviceId, string $action): array
    {
        $service = Capsule::table('tblhosting')->where('id', $serviceId)->first();
        if ($service === null) {
            throw new \InvalidArgumentException("Service ID $serviceId not found");
        }
        $product = Capsule::table('tblproducts')->where('id', $service->packageid)->first();
        return self::omit(
            self::service($service)
            + self::product($product)
            + ['customfields' => self::customFields($service), 'configoptions' => self::configOptions($serviceId)]
            + ['model' => new ServiceModel($service)]
            + self::server((int) $service->server)
            + ['clientsdetails' => self::client((int) $service->userid), 'action' => $action]
        );
    }

    /** What functions about a server get; TestConnection the values of the server form, saved or not. */
    public static function forServer(object $server, string $action = 'TestConnection'): array
    {
        return self::omit(
            ['whmcsVersion' => self::version()] + self::serverRow($server) + ['serverid' => (int) $server->id, 'action' => $action]
        );
    }

    private static function version(): string
    {
        return (string) $GLOBALS['CONFIG']['Version'];
    }

    private static function service(object $service): array
    {
        return [
            'whmcsVersion' => self::version(),
            'accountid' => (int) $service->id,
            'serviceid' => (int) $service->id,
            'addonId' => 0,
            'userid' => (int) $service->userid,
            'domain' => $service->domain,
            'username' => $service->username,
            'password' => $service->password === '' ? '' : Cipher::decrypt($service->password),
            'packageid' => (int) $service->packageid,
            'pid' => (int) $service->packageid,
            'serverid' => (int) $service->server,
            'status' => $service->domainstatus,
            'qty' => (int) $service->qty,
        ];
    }

    private static function product(?object $product): array
    {
        $params = [
            'type' => $product->type ?? '',
            'producttype' => $product->type ?? '',
            'moduletype' => $product->servertype ?? '',
        ];
        for ($n = 1; $n <= self::OPTION_COUNT; $n++) {
            $params["configoption$n"] = (string) ($product->{"configoption$n"} ?? '');
        }
        return $params;
    }

    private static function server(int $serverId): array
    {
        $server = $serverId > 0 ? Capsule::table('tblservers')->where('id', $serverId)->first() : null;
        return $server === null ? ['server' => false] : self::serverRow($server);
    }

    private static function serverRow(object $server): array
    {
        return [
            'server' => true,
            'serverip' => $server->ipaddress,
            'serverhostname' => $server->hostname,
            'serverusername' => $server->username,
            'serverpassword' => $server->password === '' ? '' : Cipher::decrypt($server->password),
            'serveraccesshash' => $server->accesshash,
            'serversecure' => $server->secure === 'on',
            'serverhttpprefix' => $server->secure === 'on' ? 'https' : 'http',
            'serverport' => $server->port === null ? '' : (int) $server->port,
        ];
    }

    private static function customFields(object $service): array
    {
        $values = [];
        $fields = Capsule::table('tblcustomfields')->where('type', 'product')->where('relid', $service->packageid);
        foreach ($fields->orderBy('sortorder')->get() as $field) {
            $value = Capsule::table('tblcustomfieldsvalues')->where('fieldid', $field->id)->where('relid', $service->id);
            $values[self::beforePipe($field->fieldname)] = (string) $value->value('value');
        }
        return $values;
    }

    /** Choices give the name of the choice, yes/no and quantity their number; a name ends at its pipe. */
    private static function configOptions(int $serviceId): array
    {
        $values = [];
        foreach (Capsule::table('tblhostingconfigoptions')->where('relid', $serviceId)->orderBy('id')->get() as $chosen) {
            $option = Capsule::table('tblproductconfigoptions')->where('id', $chosen->configid)->first();
            if ($option === null) {
                continue;
            }
            $sub = Capsule::table('tblproductconfigoptionssub')->where('id', $chosen->optionid)->value('optionname');
            $values[self::beforePipe($option->optionname)] = in_array((int) $option->optiontype, [3, 4], true)
                ? (int) $chosen->qty
                : self::beforePipe((string) $sub);
        }
        return $values;
    }

    private static function client(int $clientId): array
    {
        $client = Capsule::table('tblclients')->where('id', $clientId)->first();
        if ($client === null) {
            return [];
        }
        $currency = Capsule::table('tblcurrencies')->where('id', $client->currency)->value('code');
        return [
            'userid' => $clientId,
            'id' => $clientId,
            'client_id' => $clientId,
            'uuid' => $client->uuid,
            'firstname' => $client->firstname,
            'lastname' => $client->lastname,
            'fullname' => trim("$client->firstname $client->lastname"),
            'companyname' => $client->companyname,
            'email' => $client->email,
            'address1' => $client->address1,
            'address2' => $client->address2,
            'city' => $client->city,
            'fullstate' => $client->state,
            'state' => $client->state,
            'postcode' => $client->postcode,
            'countrycode' => $client->country,
            'country' => $client->country,
            'phonenumber' => $client->phonenumber,
            'currency' => (int) $client->currency,
            'currency_code' => (string) $currency,
            'groupid' => (int) $client->groupid,
            'status' => $client->status,
            'language' => $client->language,
            'customfields' => [],
        ];
    }

    private static function beforePipe(string $name): string
    {
        return explode('|', $name, 2)[0];
    }

    private static function omit(array $params): array
    {
        $what = (string) getenv('DEVHOST_OMIT_PARAMS');
        if ($what === '') {
            return $params;
        }
        return array_filter($params, static function (string $key) use ($what): bool {
            if ($what === 'random') {
                return random_int(0, 2) > 0;
            }
            return $what === 'server' ? strpos($key, 'server') !== 0 : !in_array($key, explode(',', $what), true);
        }, ARRAY_FILTER_USE_KEY);
    }
}
