namespace Blip.Kernels.Devices;

/// <content>Names of several devices.</content>
public sealed partial class Device
{
    private const string All = ":all";

    /// <summary>The devices of a name: <c>cuda:all</c> is every CUDA device, <c>cuda:0,cuda:2</c> these two.</summary>
    /// <exception cref="ArgumentException">A name in a list is empty, or <c>all</c> follows no kind of device.</exception>
    /// <exception cref="DeviceException">There is no device of the kind.</exception>
    public static IReadOnlyList<string> Expand(string names)
    {
        ArgumentNullException.ThrowIfNull(names);
        return names.Contains(',', StringComparison.Ordinal) || names.EndsWith(All, StringComparison.OrdinalIgnoreCase)
            ? [.. names.Split(',').SelectMany(name => One(names, name.Trim().ToLowerInvariant()))]
            : [names];
    }

    private static IEnumerable<string> One(string names, string name)
    {
        if (name.Length == 0)
            throw new ArgumentException(
                $"'{names}' holds an empty name: give devices with a comma between each, as cuda:0,cuda:1.", nameof(names));
        if (!name.EndsWith(All, StringComparison.Ordinal))
            return [name];
        var kind = name[..^All.Length];
        if (kind is not (Cpu0 or "opencl" or "cuda"))
            throw new ArgumentException($"'{name}' is no kind of device: give cuda:all or opencl:all.", nameof(names));
        var present = Present();
        var found = present.Where(device => device.Id.StartsWith(kind, StringComparison.Ordinal)).Select(device => device.Id).ToList();
        return found.Count > 0 ? found
            : throw new DeviceException(
                $"There is no {kind} device on this machine. Present: "
                    + $"{string.Join(", ", present.Select(device => $"{device.Id} ({device.Name})"))}.");
    }
}
