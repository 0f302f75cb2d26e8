using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Blip.Kernels.Devices;

namespace Blip.Kernels;

/// <summary>The conditions under which a tuned shape holds; anything else is tuned anew.</summary>
/// <param name="Device">Back end and name.</param>
/// <param name="Driver">The driver's version.</param>
/// <param name="Units">Multiprocessors, compute units or threads.</param>
/// <param name="GroupSize">Work-items per group of the portable kernels.</param>
/// <param name="Weights">The format of the weights.</param>
/// <param name="Kernels">The version of this library.</param>
internal sealed record TileKey(string Device, string Driver, int Units, int GroupSize, string Weights, string Kernels)
{
    /// <summary>The key of a device here and now.</summary>
    public static TileKey Of(DeviceDescription device, int groupSize, DType format) => new(
        $"{device.Kind.ToString().ToLowerInvariant()} {device.Name}", device.Driver, device.Units, groupSize,
        format.ToString().ToLowerInvariant(), typeof(TileKey).Assembly.GetName().Version!.ToString());
}

/// <summary>
/// Winners of the tuner in the user's cache: one small JSON file per key, so that processes never write the same file for different
/// reasons. It is written beside its place and renamed. Safe to delete; a file that cannot be read, or is not this key's, counts as absent.
/// </summary>
internal static class TileCache
{
    /// <summary>Raised when the fields or the meaning of the shapes change.</summary>
    private const int Format = 1;

    /// <summary>The user's own: <c>blip</c> in <c>XDG_CACHE_HOME</c>, else in the platform's folder for such data.</summary>
    public static string UserFolder => Path.Combine(
        Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } caches ? caches
        : OperatingSystem.IsLinux() ? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache")
        : Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData),
        "blip");

    /// <summary>The file of a key.</summary>
    public static string File(string folder, TileKey key) =>
        Path.Combine(folder, $"tile-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key.ToString())))[..16]}.json");

    /// <summary>The shape that was kept for a key, or null.</summary>
    public static GemmShape? Read(string folder, TileKey key)
    {
        // An account without a home has no cache; a path relative to the current folder would be litter.
        if (!Path.IsPathFullyQualified(folder))
            return null;
        try
        {
            using var document = JsonDocument.Parse(System.IO.File.ReadAllBytes(File(folder, key)));
            var shape = document.RootElement.GetProperty("tile").GetString();
            return document.RootElement.GetRawText() == Text(key, shape!) ? TileChoice.Shape(shape) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>Keeps a shape, where the folder can be written; where not, each process tunes for itself.</summary>
    public static void Write(string folder, TileKey key, GemmShape shape)
    {
        if (!Path.IsPathFullyQualified(folder))
            return;
        var file = File(folder, key);
        var beside = $"{file}.{Guid.NewGuid():N}";
        try
        {
            Directory.CreateDirectory(folder);
            System.IO.File.WriteAllText(beside, Text(key, TileChoice.Name(shape)));
            System.IO.File.Move(beside, file, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            System.Diagnostics.Trace.WriteLine($"The tuned tile is not kept: {e.Message}");
            try
            {
                System.IO.File.Delete(beside);
            }
            catch (Exception again) when (again is IOException or UnauthorizedAccessException)
            {
                // It was never made.
            }
        }
    }

    private static string Text(TileKey key, string tile)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteNumber("format", Format);
            json.WriteString("device", key.Device);
            json.WriteString("driver", key.Driver);
            json.WriteNumber("units", key.Units);
            json.WriteNumber("groupSize", key.GroupSize);
            json.WriteString("weights", key.Weights);
            json.WriteString("kernels", key.Kernels);
            json.WriteString("tile", tile);
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
