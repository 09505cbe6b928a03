import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.util.Optional;

/**
 * Prints what a release of Kafka answers to ApiVersions on its clients' listener: `api KEY MIN MAX` for each API, and
 * `feature NAME MIN MAX LEVEL`, LEVEL being what a fresh cluster finalizes. Run with that release's own classes:
 *
 *     java -cp 'kafka-clients-X.jar:kafka-server-common-X.jar:slf4j-api.jar' ReleaseTable.java [zkBroker|broker]
 *
 * Everything goes through reflection, as no two releases have the same methods.
 */
public class ReleaseTable {
    public static void main(String[] args) throws Exception {
        Class<?> keys = Class.forName("org.apache.kafka.common.protocol.ApiKeys");
        for (Object key : keys.getEnumConstants()) {
            if (!isServed(keys, key, args.length == 0 ? "" : args[0])) continue;
            int[] range = range(keys, key);
            if (range != null) System.out.println("api " + field(key, "id") + " " + range[0] + " " + range[1]);
        }
        if (args.length > 0 && args[0].equals("broker")) features();
    }

    private static boolean isServed(Class<?> keys, Object key, String listener) throws Exception {
        Class<?> types;
        try {
            types = Class.forName("org.apache.kafka.common.message.ApiMessageType$ListenerType");
        } catch (ClassNotFoundException e) {
            return true;
        }
        Method inScope = keys.getMethod("inScope", types);
        String wanted = listener.equals("zkBroker") ? "ZK_BROKER" : "BROKER";
        for (Object type : types.getEnumConstants())
            if (type.toString().equals(wanted)) return (Boolean) inScope.invoke(key, type);
        throw new IllegalArgumentException("no listener type " + wanted);
    }

    private static int[] range(Class<?> keys, Object key) throws Exception {
        Method latest = method(keys, "toApiVersionForApiResponse");
        Optional<?> version = null;
        if (latest != null) {
            Object broker = null;
            for (Object type : latest.getParameterTypes()[1].getEnumConstants())
                if (type.toString().equals("BROKER")) broker = type;
            version = (Optional<?>) latest.invoke(key, false, broker);
        } else if ((latest = method(keys, "toApiVersion")) != null) {
            version = (Optional<?>) latest.invoke(key, false);
        }
        if (version != null) {
            if (!version.isPresent()) return null;
            Object row = version.get();
            return new int[] {call(row, "minVersion"), call(row, "maxVersion")};
        }
        if (method(keys, "oldestVersion") != null) return new int[] {call(key, "oldestVersion"), call(key, "latestVersion")};
        Class<?> protocol = Class.forName("org.apache.kafka.common.protocol.Protocol");
        short id = (Short) field(key, "id");
        short[] min = (short[]) hidden(protocol, "MIN_VERSIONS");
        short[] max = (short[]) hidden(protocol, "CURR_VERSION");
        return new int[] {min[id], max[id]};
    }

    private static void features() throws Exception {
        Class<?> versions = Class.forName("org.apache.kafka.server.common.MetadataVersion");
        Object newest = method(versions, "latestProduction") != null
            ? versions.getMethod("latestProduction").invoke(null)
            : versions.getMethod("latest").invoke(null);
        Object oldest = null;
        for (String name : new String[] {"MINIMUM_VERSION", "MINIMUM_KRAFT_VERSION", "IBP_3_0_IV1"})
            if (oldest == null && staticField(versions, name) != null) oldest = staticField(versions, name);
        System.out.println("feature metadata.version " + level(oldest) + " " + level(newest) + " " + level(newest));
        Class<?> features = null;
        for (String name : new String[] {"Feature", "Features"})
            try {
                if (features == null) features = Class.forName("org.apache.kafka.server.common." + name);
            } catch (ClassNotFoundException e) {
                continue;
            }
        if (features == null || !features.isEnum()) return;
        Object[] production = (Object[]) staticField(features, "PRODUCTION_FEATURES_ARRAY");
        Iterable<?> all = production != null ? java.util.Arrays.asList(production) : (Iterable<?>) staticField(features, "PRODUCTION_FEATURES");
        for (Object feature : all) {
            String defaults = features.getSimpleName().equals("Feature") ? "defaultLevel" : "defaultValue";
            int finalized = (Short) features.getMethod(defaults, versions).invoke(feature, newest);
            // Finalized by a quorum that can change, which a lone node's is not.
            boolean isQuorum = features.getMethod("featureName").invoke(feature).equals("kraft.version");
            System.out.println("feature " + features.getMethod("featureName").invoke(feature) + " "
                + call(feature, "minimumProduction") + " " + call(feature, "latestProduction") + " " + (isQuorum ? 0 : finalized));
        }
    }

    private static int level(Object version) throws Exception {
        return call(version, "featureLevel");
    }

    private static int call(Object target, String name) throws Exception {
        Method method = method(target.getClass(), name);
        method.setAccessible(true);
        return ((Number) method.invoke(target)).intValue();
    }

    private static Method method(Class<?> type, String name) {
        for (Method method : type.getMethods())
            if (method.getName().equals(name) && (name.startsWith("toApiVersion") ? method.getParameterCount() > 0 : method.getParameterCount() == 0))
                return method;
        return null;
    }

    private static Object hidden(Class<?> type, String name) throws Exception {
        Field field = type.getDeclaredField(name);
        field.setAccessible(true);
        return field.get(null);
    }

    private static Object field(Object target, String name) throws Exception {
        return target.getClass().getField(name).get(target);
    }

    private static Object staticField(Class<?> type, String name) throws Exception {
        try {
            Field field = type.getField(name);
            return field.get(null);
        } catch (NoSuchFieldException e) {
            return null;
        }
    }
}
