using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Blip.Kernels.MachineCode;

/// <summary>Memory for instructions: first written, then executable, never both. It lives as long as the process.</summary>
internal static unsafe partial class ExecutableMemory
{
    private const int Read = 1, Write = 2, Execute = 4, Private = 2;

    // MAP_ANONYMOUS.
    private const int AnonymousOnLinux = 0x20, AnonymousOnMac = 0x1000;

    private const uint Commit = 0x1000, Reserve = 0x2000, ReadWriteOnWindows = 4, ExecuteReadOnWindows = 0x20;

    /// <summary>The address of a callable copy.</summary>
    /// <exception cref="Win32Exception">The system refuses: hardened ones allow no code outside of files.</exception>
    public static nint Make(ReadOnlySpan<byte> code)
    {
        var length = (nuint)code.Length;
        if (OperatingSystem.IsWindows())
        {
            var memory = VirtualAlloc(null, length, Commit | Reserve, ReadWriteOnWindows);
            if (memory is null)
                throw new Win32Exception();
            code.CopyTo(new Span<byte>(memory, code.Length));
            if (VirtualProtect(memory, length, ExecuteReadOnWindows, out _) == 0)
                throw new Win32Exception();
            return (nint)memory;
        }
        var anonymous = OperatingSystem.IsMacOS() ? AnonymousOnMac : AnonymousOnLinux;
        var pages = MemoryMap(null, length, Read | Write, Private | anonymous, -1, 0);
        if ((nint)pages == -1)
            throw new Win32Exception();
        code.CopyTo(new Span<byte>(pages, code.Length));
        if (MemoryProtect(pages, length, Read | Execute) != 0)
            throw new Win32Exception();
        return (nint)pages;
    }

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial void* MemoryMap(void* address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect", SetLastError = true)]
    private static partial int MemoryProtect(void* address, nuint length, int protection);

    [LibraryImport("kernel32", SetLastError = true)]
    private static partial void* VirtualAlloc(void* address, nuint length, uint type, uint protection);

    [LibraryImport("kernel32", SetLastError = true)]
    private static partial int VirtualProtect(void* address, nuint length, uint protection, out uint before);
}
