import { Combobox, type ComboboxStore, TextInput } from '@mantine/core';

interface DeviceSearchInputProps {
  combobox: ComboboxStore;
  search: string;
  onSearch: (text: string) => void;
  /** Without a label that is seen. */
  ariaLabel?: string;
  label?: string;
  placeholder: string;
  /** The list opens as soon as one is there, for choosing many in a row. */
  opensOnFocus?: boolean;
}

/** Where one types to find devices; what was found drops down from it. */
export function DeviceSearchInput({ combobox, search, onSearch, opensOnFocus, ...texts }: DeviceSearchInputProps) {
  const { ariaLabel, label, placeholder } = texts;
  const open = () => combobox.openDropdown();
  return (
    <Combobox.Target withExpandedAttribute>
      <TextInput
        label={label}
        aria-label={ariaLabel}
        placeholder={placeholder}
        maxLength={200}
        value={search}
        rightSection={<Combobox.Chevron />}
        rightSectionPointerEvents="none"
        onChange={(event) => {
          onSearch(event.currentTarget.value);
          combobox.resetSelectedOption();
          open();
        }}
        onClick={open}
        onFocus={opensOnFocus ? open : undefined}
        onBlur={() => combobox.closeDropdown()}
      />
    </Combobox.Target>
  );
}
