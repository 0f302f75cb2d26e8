using System.ComponentModel;
using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Blip.Emulation.Driver;

/// <summary>Builds the replacement of libcuda with the machine's C compiler, once per version of its source.</summary>
internal static class StandInLibrary
{
    // ILGPU asks for "cuda", from which the runtime makes this name. The loader finds loaded libraries by their SONAME.
    private const string Name = "libcuda.so";

    /// <summary>The library's file.</summary>
    /// <exception cref="NotSupportedException">No C compiler here builds the library.</exception>
    public static string Build()
    {
        if (!OperatingSystem.IsLinux())
            throw new NotSupportedException("the emulated CUDA driver needs Linux");
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("libcuda.c")!;
        using var memory = new MemoryStream();
        stream.CopyTo(memory);
        var source = memory.ToArray();
        var name = Convert.ToHexString(SHA256.HashData([.. source, .. Encoding.UTF8.GetBytes(Name)]))[..16];
        var folder = Path.Combine(Environment.GetFolderPath(
            Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.Create), "blip", "emulation");
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            folder = Directory.CreateTempSubdirectory("blip-emulation").FullName;
        }
        var library = Path.Combine(folder, $"libcuda-{name}-{RuntimeInformation.ProcessArchitecture}.so");
        if (!File.Exists(library))
            Compile(source, library);
        return library;
    }

    private static void Compile(byte[] source, string library)
    {
        var code = $"{library}.{Environment.ProcessId}.c";
        var built = code + ".so";
        try
        {
            File.WriteAllBytes(code, source);
            var compiler = Environment.GetEnvironmentVariable("CC") is { Length: > 0 } named ? named : "cc";
            var start = new ProcessStartInfo(compiler, ["-shared", "-fPIC", "-O1", $"-Wl,-soname,{Name}", "-o", built, code])
            {
                RedirectStandardError = true,
            };
            using var process = Process.Start(start)!;
            var errors = process.StandardError.ReadToEnd();
            process.WaitForExit();
            if (process.ExitCode != 0)
                throw new NotSupportedException($"the C compiler '{compiler}' does not build the emulated CUDA driver: {errors}");
            // Another process may have written the same file.
            File.Move(built, library, overwrite: true);
        }
        catch (Win32Exception)
        {
            throw new NotSupportedException("the emulated CUDA driver needs a C compiler: install cc, or name one in CC");
        }
        finally
        {
            File.Delete(code);
            File.Delete(built);
        }
    }
}
