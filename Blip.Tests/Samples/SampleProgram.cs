using System.Collections.Concurrent;
using System.Diagnostics;
using System.Reflection;
using System.Runtime.Loader;
using System.Text.RegularExpressions;

namespace Blip.Tests.Samples;

/// <summary>A program of one file (<c>samples/*.cs</c>), compiled by the SDK's compiler and run in this process.</summary>
internal static partial class SampleProgram
{
    private static readonly string[] Usings =
    [
        "System", "System.IO", "System.Linq", "System.Collections.Generic", "System.Net.Http", "System.Threading", "System.Threading.Tasks",
    ];

    private static readonly string[] WebUsings =
    [
        "Microsoft.AspNetCore.Builder", "Microsoft.AspNetCore.Http", "Microsoft.AspNetCore.Routing", "Microsoft.Extensions.Configuration",
        "Microsoft.Extensions.DependencyInjection", "Microsoft.Extensions.Hosting", "Microsoft.Extensions.Logging",
    ];

    // An assembly's name is taken once it is loaded.
    private static readonly ConcurrentDictionary<string, Lazy<Assembly>> Compiled = [];

    public static IEnumerable<string> Files => Repository.Files.Where(file =>
        file.StartsWith("samples/", StringComparison.Ordinal) && file.EndsWith(".cs", StringComparison.Ordinal));

    /// <summary>A file's visible part: its code, without the leading comments and directives.</summary>
    public static string CodeOf(string file) => Head().Replace(Repository.Read(file), "");

    /// <summary>Runs a sample in an empty folder beside a link to <c>weights</c>, as it runs in the checkout.</summary>
    /// <param name="file">The program, relative to the checkout.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <returns>The lines that it printed.</returns>
    public static IReadOnlyList<string> Run(string file, params string[] arguments)
    {
        using var folder = new TemporaryFolder();
        return In(folder.Path, () => RunHere(file, arguments));
    }

    /// <summary>Does something in a folder beside a link to <c>weights</c>.</summary>
    public static T In<T>(string folder, Func<T> work)
    {
        Directory.CreateSymbolicLink(Path.Combine(folder, "weights"), Repository.Absolute("weights"));
        var before = Environment.CurrentDirectory;
        try
        {
            Environment.CurrentDirectory = folder;
            return work();
        }
        finally
        {
            Environment.CurrentDirectory = before;
        }
    }

    /// <summary>Runs a sample in the current folder.</summary>
    /// <param name="file">The program, relative to the checkout.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <returns>The lines that it printed.</returns>
    public static IReadOnlyList<string> RunHere(string file, params string[] arguments)
    {
        var program = Of(file);
        var (output, text) = (Console.Out, new StringWriter());
        try
        {
            Console.SetOut(text);
            var status = program.EntryPoint!.Invoke(null, [arguments]);
            Assert.True(status is null or 0, $"{file} ended with status {status}");
        }
        finally
        {
            Console.SetOut(output);
        }
        return text.ToString().ReplaceLineEndings("\n").Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>A sample's compiled program.</summary>
    public static Assembly Of(string file) => Compiled.GetOrAdd(file, _ => new Lazy<Assembly>(() => Compile(file))).Value;

    private static Assembly Compile(string file)
    {
        using var folder = new TemporaryFolder();
        var output = Path.Combine(folder.Path, $"{Path.GetFileNameWithoutExtension(file)}-sample.dll");
        string[] implied =
            [.. Usings, .. Repository.Read(file).Contains("#:sdk Microsoft.NET.Sdk.Web", StringComparison.Ordinal) ? WebUsings : []];
        var usings = Path.ChangeExtension(output, ".usings.cs");
        File.WriteAllLines(usings, implied.Select(name => $"global using {name};"));
        var references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(path => Path.GetFileNameWithoutExtension(path) is not "Blip.Tests");
        var response = Path.ChangeExtension(output, ".rsp");
        File.WriteAllLines(
            response,
            [
                "-nologo", "-noconfig", "-nostdlib", "-nullable:enable", "-langversion:latest", "-features:FileBasedProgram",
                    "-warnaserror",
                $"-out:\"{output}\"", .. references.Select(path => $"-r:\"{path}\""), $"\"{Repository.Absolute(file)}\"", $"\"{usings}\"",
            ]);
        var start = new ProcessStartInfo("dotnet", ["exec", Compiler(), $"@{response}"]) { RedirectStandardOutput = true };
        using var compiler = Process.Start(start)!;
        var messages = compiler.StandardOutput.ReadToEnd();
        compiler.WaitForExit();
        Assert.True(compiler.ExitCode == 0, $"{file} does not compile:\n{messages}");
        return AssemblyLoadContext.Default.LoadFromStream(new MemoryStream(File.ReadAllBytes(output)));
    }

    // Beside the runtime that runs these tests: SDK and runtime are installed together.
    private static string Compiler()
    {
        var root = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "..", "..", "..", "sdk"));
        var compiler = !Directory.Exists(root) ? null : Directory.GetDirectories(root, "10.*").Order(StringComparer.Ordinal)
            .Select(sdk => Path.Combine(sdk, "Roslyn", "bincore", "csc.dll")).LastOrDefault(File.Exists);
        Assert.SkipWhen(compiler is null, $"no .NET 10 SDK in {root}: samples are compiled by its compiler");
        return compiler!;
    }

    [GeneratedRegex(@"\A(?:(?://|#:).*\n|\n)+")]
    private static partial Regex Head();
}
