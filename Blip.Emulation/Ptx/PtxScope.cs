using System.Diagnostics.CodeAnalysis;

namespace Blip.Emulation.Ptx;

/// <summary>Inner blocks hide outer ones.</summary>
internal sealed class PtxScope(PtxScope? outer)
{
    private readonly Dictionary<string, PtxOperand> registers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, PtxVariable> variables = new(StringComparer.Ordinal);

    public PtxScope? Outer => outer;

    public void Add(string name, PtxOperand register) => registers[name] = register;

    public void Add(PtxVariable variable) => variables[variable.Name] = variable;

    public bool TryRegister(string name, [NotNullWhen(true)] out PtxOperand? register)
    {
        for (var scope = this; scope is not null; scope = scope.Outer)
        {
            if (scope.registers.TryGetValue(name, out register))
                return true;
        }
        register = null;
        return false;
    }

    public bool TryVariable(string name, [NotNullWhen(true)] out PtxVariable? variable)
    {
        for (var scope = this; scope is not null; scope = scope.Outer)
        {
            if (scope.variables.TryGetValue(name, out variable))
                return true;
        }
        variable = null;
        return false;
    }
}
