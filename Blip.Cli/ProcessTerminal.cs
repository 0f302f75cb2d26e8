using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Blip.Cli;

internal static partial class ProcessTerminal
{
    private const int StandardOutput = 1, GetFlags = 3, AccessMode = 3;

    public static Terminal Open()
    {
        var utf8 = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        if (OperatingSystem.IsWindows() && !Console.IsOutputRedirected)
            Console.OutputEncoding = utf8;
        return new Terminal
        {
            Output = new StreamWriter(OpenOutput(), utf8),
            Error = new MessageWriter(new StreamWriter(Console.OpenStandardError(), utf8) { AutoFlush = true }),
            OpenInput = Console.OpenStandardInput,
            ErrorIsScreen = !Console.IsErrorRedirected && Environment.GetEnvironmentVariable("TERM") != "dumb",
            OutputIsScreen = !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("TERM") != "dumb",
            InputIsScreen = !Console.IsInputRedirected,
            Columns = Columns,
        };
    }

    private static int Columns()
    {
        try
        {
            return Console.WindowWidth > 0 ? Console.WindowWidth : int.MaxValue;
        }
        catch (IOException)
        {
            // The screen does not report its width.
            return int.MaxValue;
        }
    }

    // The console stream swallows "broken pipe": a run into `head` would caption a thousand images without a reader.
    // A file keeps the console stream, as a FileStream's separate position would overwrite others' additions.
    private static Stream OpenOutput()
    {
        if (OperatingSystem.IsWindows() || !Console.IsOutputRedirected)
            return Console.OpenStandardOutput();
        if (IsClosed())
            return new ClosedOutput();
        var stream = new FileStream(new SafeFileHandle(StandardOutput, ownsHandle: false), FileAccess.Write, bufferSize: 0);
        return stream.CanSeek ? Console.OpenStandardOutput() : stream;
    }

    // After ">&-", the runtime reuses the number of standard output for a file opened for reading.
    private static bool IsClosed() => FileControl(StandardOutput, GetFlags) is var flags && (flags < 0 || (flags & AccessMode) == 0);

    [LibraryImport("libc", EntryPoint = "fcntl")]
    private static partial int FileControl(int file, int command);
}
